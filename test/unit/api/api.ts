import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { type Auth, hashToken, type Role } from '../../../src/api/auth/auth.ts';
import { openAuth } from '../../../src/api/auth/listen.ts';
import type { Challenge, DnsService } from '../../../src/api/dns/service.ts';
import { type ApiOptions, createApi } from '../../../src/api/server.ts';
import { createLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/lib/metrics.ts';
import { MemoryClient } from '../../support/memory-client.ts';

export interface TestApi {
  readonly app: FastifyInstance;
  readonly client: MemoryClient;
  /** The lines of the log so far. */
  readonly logged: () => readonly Record<string, unknown>[];
}

/** The real API on a client without Temporal; closed when the test ends. */
export function anApi(options: Partial<ApiOptions> = {}): TestApi {
  const client = new MemoryClient();
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const app = createApi({
    client,
    dns: aDnsService(),
    readiness: async () => [],
    metrics: createMetrics('1.2.3'),
    auth: openAuth({ host: '127.0.0.1', port: 0 }),
    log: createLog({ level: 'debug', name: 'test', destination }),
    version: '1.2.3',
    ...options,
  });
  onTestFinished(() => app.close());
  return { app, client, logged: () => lines.map((line) => JSON.parse(line)) };
}

/** The same on a real socket of loopback. */
export async function aListeningApi(options: Partial<ApiOptions> = {}): Promise<TestApi & { readonly url: string }> {
  const api = anApi(options);
  return { ...api, url: await api.app.listen({ host: '127.0.0.1', port: 0 }) };
}

export const ITEM = '/v1/federatedingresses/default/shop';
/** Who asks without tokens. */
export const ANYBODY = { actor: 'http:anonymous', door: 'http' } as const;
export const JSON_TYPE = { 'content-type': 'application/json' };
export const YAML_TYPE = { 'content-type': 'application/yaml' };

/** The token of each role is `<role>-token`, its name `<role>-name`. */
export const tokenAuth: Auth = { kind: 'tokens', tokens: (['viewer', 'operator', 'admin'] as const).map(aToken) };

export function bearer(role: Role): { authorization: string } {
  return { authorization: `Bearer ${role}-token` };
}

function aToken(role: Role) {
  return { name: `${role}-name`, role, sha256: hashToken(`${role}-token`) };
}

/** No DNS server, every hostname claimed, challenges in memory. */
export function aDnsService(overrides: Partial<DnsService> = {}): DnsService {
  const kept = new Map<string, Challenge>();
  return {
    explain: async () => [],
    isClaimed: async () => true,
    challenges: {
      put: async (challenge) => void kept.set(challenge.host, challenge),
      get: async (host) => kept.get(host),
      remove: async (host) => void kept.delete(host),
    },
    ...overrides,
  };
}
