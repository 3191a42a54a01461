import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { aFederatedIngress, V1_EAST } from '../support/documents.ts';
import { TestSluice } from '../support/sluice.ts';

const TOKENS = { reader: 'viewer', turner: 'operator', owner: 'admin' } as const;
type Name = keyof typeof TOKENS;

describe('access by bearer token', () => {
  let sluice: TestSluice;
  let directory: string;
  const path = '/v1/federatedingresses/default/shop';
  const secret = (name: Name) => `${name}-secret-token`;
  const as = (name: Name, method = 'GET', body?: unknown): RequestInit => ({
    method,
    headers: { authorization: `Bearer ${secret(name)}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'sluice-tokens-'));
    const tokensFile = join(directory, 'tokens.yaml');
    const tokens = (Object.keys(TOKENS) as Name[]).map((name) => ({
      name,
      role: TOKENS[name],
      sha256: createHash('sha256').update(secret(name)).digest('hex'),
    }));
    writeFileSync(tokensFile, stringify(tokens), { mode: 0o600 });
    const ports = { api: 18_107, dns: 15_307 };
    sluice = await TestSluice.start({ name: 'access', ports, api: { listen: `0.0.0.0:${ports.api}`, tokensFile } });
  });
  afterAll(async () => {
    await sluice.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('needs no token for health, and one for everything else', async () => {
    expect((await sluice.fetch('/healthz')).status).toBe(200);
    expect((await sluice.fetch('/v1/federatedingresses')).status).toBe(401);
  });

  it('lets viewers read, operators steer, admins submit and delete', async () => {
    const document = aFederatedIngress({ name: 'shop', host: sluice.host('shop'), backends: [V1_EAST] });
    expect((await sluice.fetch(path, as('reader', 'PUT', document))).status).toBe(403);
    expect((await sluice.fetch(path, as('turner', 'PUT', document))).status).toBe(403);
    expect((await sluice.fetch(path, as('owner', 'PUT', document))).status).toBe(201);
    expect((await sluice.fetch(path, as('reader'))).status).toBe(200);
    expect((await sluice.fetch(`${path}/abort`, as('reader', 'POST'))).status).toBe(403);
    expect((await sluice.fetch(`${path}/resume`, as('turner', 'POST'))).status).toBe(409);
    expect((await sluice.fetch(path, as('turner', 'DELETE'))).status).toBe(403);
  });

  it('keeps the name of whoever did it, and no token', async () => {
    const status = await (await sluice.fetch(path, as('reader'))).text();
    expect(status).toContain('http:owner');
    expect(status).not.toContain(secret('owner'));
    expect((await sluice.fetch(path, as('owner', 'DELETE'))).status).toBe(202);
  });

  it('refuses to listen beyond loopback without tokens, and says why', async () => {
    const config = stringify({
      zones: ['nowhere.test'],
      stateDirectory: join(directory, 'state'),
      api: { listen: '0.0.0.0:18108' },
      dns: { listen: ['127.0.0.1:15308'] },
      clusters: [{ name: 'east', kubeconfig: './none' }],
    });
    const output = await sluice.cli('api', '--config', sluice.file('open.yaml', config));
    expect(output.code).not.toBe(0);
    expect(output.stderr).toContain('tokensFile');
  });
});
