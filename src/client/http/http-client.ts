import type { z } from 'zod';
import { type Scenario, scenarioText } from '../../plan/simulate-scenario.ts';
import type { PromoteInput, SteeringResult } from '../../workflows/messages.ts';
import type { ApplyResult, HistoryEntry, Status } from '../../workflows/status.ts';
import type { Reading, SluiceClient, SteeringVerb } from '../client.ts';
import { ClientError } from '../errors.ts';
import {
  challengeSchema,
  type DnsChallenge,
  type DnsExplanation,
  type DnsMessage,
  dnsMessageSchema,
  explanationSchema,
} from './dns-schemas.ts';
import { historyListSchema } from './history-schemas.ts';
import { readinessSchema } from './readiness-schema.ts';
import { type Call, callJson, parseServer, type Server } from './request.ts';
import {
  applyResultSchema,
  type ExplainedPreview,
  previewSchema,
  statusListSchema,
  statusReadingSchema,
  steeringResultSchema,
} from './schemas.ts';
import { type ExplainedSimulation, simulationSchema } from './simulation-schemas.ts';
import { toReading, watchStatus } from './watch.ts';

export interface HttpClientOptions {
  /** Such as `http://127.0.0.1:8080`; from --server or SLUICE_SERVER. */
  readonly server: string;
  /** From SLUICE_TOKEN. */
  readonly token?: string | undefined;
  /** Such as `sluice-cli/1.2.3`. */
  readonly userAgent?: string;
}

/** A SluiceClient whose answers come over HTTP. `actor` is not sent: the server takes it from the token. */
export interface HttpClient extends SluiceClient {
  preview(document: unknown): Promise<ExplainedPreview>;
  simulate(document: unknown, scenario: Scenario): Promise<ExplainedSimulation>;
  /** Who did what, oldest first. */
  history(namespace: string, name: string): Promise<Reading<readonly HistoryEntry[]>>;
  readonly dns: DnsClient;
}

/** What one can ask of the DNS servers. All calls have a deadline and throw ClientError. */
export interface DnsClient {
  /** What a client, by default the server's own machine, would get from a hostname, and why. */
  explain(host: string, subnet?: string): Promise<DnsExplanation>;
  /** Answers these at `_acme-challenge.<host> TXT` for an hour, instead of what was there. */
  setChallenge(host: string, values: readonly string[]): Promise<DnsChallenge>;
  challenge(host: string): Promise<DnsChallenge>;
  clearChallenge(host: string): Promise<DnsMessage>;
}

const COLLECTION = '/v1/federatedingresses';

/** The client that the CLI uses. Throws ClientError `invalid` when `server` is not a URL. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const server = { ...parseServer(options.server, options.token), userAgent: options.userAgent };
  const call = <T>(request: Call, shape: z.ZodType<T>): Promise<T> => callJson(server, request, shape);
  return {
    apply: async (document, { reason }): Promise<ApplyResult> =>
      call({ method: 'PUT', path: pathOfDocument(document), query: { reason }, body: document }, applyResultSchema),

    preview: async (document) =>
      call({ method: 'PUT', path: pathOfDocument(document), query: { dryRun: 'true' }, body: document }, previewSchema),

    simulate: async (document, { faults, recoveries }) => {
      const query = { fail: faults.map(scenarioText), recover: recoveries.map(scenarioText) };
      return call(
        { method: 'POST', path: `${pathOfDocument(document)}/simulate`, query, body: document },
        simulationSchema,
      );
    },

    get: async (namespace, name): Promise<Reading<Status>> =>
      toReading(await call({ method: 'GET', path: pathOf(namespace, name) }, statusReadingSchema)),

    history: async (namespace, name) => {
      const { items, ...stale } = await call(
        { method: 'GET', path: `${pathOf(namespace, name)}/history` },
        historyListSchema,
      );
      return { value: items, ...stale };
    },

    list: async (namespace): Promise<Reading<readonly Status[]>> => {
      const { items, staleSince } = await call(
        { method: 'GET', path: COLLECTION, query: { namespace } },
        statusListSchema,
      );
      return staleSince === undefined ? { value: items } : { value: items, staleSince };
    },

    steer: async (verb, namespace, name, input): Promise<SteeringResult> =>
      call(steeringCall(verb, pathOf(namespace, name), input), steeringResultSchema),

    watch: async (namespace, name, onStatus, signal) =>
      watchStatus(server, { path: `${pathOf(namespace, name)}/events`, onStatus, signal }),

    health: async () => {
      // 503 is how /readyz says no; its body is the same report.
      const { components } = await call({ method: 'GET', path: '/readyz', alsoAnswers: 503 }, readinessSchema);
      return components.filter(({ ready }) => !ready).map(({ component, message }) => `${component}: ${message}`);
    },

    dns: createDnsClient(server),
  };
}

function createDnsClient(server: Server): DnsClient {
  const pathOfChallenge = (host: string) => `/v1/dns/challenges/${encodeURIComponent(host)}`;
  return {
    explain: (host, subnet) =>
      callJson(server, { method: 'GET', path: '/v1/dns/explain', query: { host, subnet } }, explanationSchema),
    setChallenge: (host, values) =>
      callJson(server, { method: 'PUT', path: pathOfChallenge(host), body: { values } }, challengeSchema),
    challenge: (host) => callJson(server, { method: 'GET', path: pathOfChallenge(host) }, challengeSchema),
    clearChallenge: (host) => callJson(server, { method: 'DELETE', path: pathOfChallenge(host) }, dnsMessageSchema),
  };
}

function steeringCall(verb: SteeringVerb, path: string, input: PromoteInput): Call {
  if (verb === 'delete') {
    return { method: 'DELETE', path, query: { reason: input.reason, force: input.force ? 'true' : undefined } };
  }
  const { actor: _actor, door: _door, ...body } = input;
  return { method: 'POST', path: `${path}/${verb}`, body };
}

function pathOf(namespace: string, name: string): string {
  return `${COLLECTION}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** Where a document is to be put. The server checks everything else; without a name there is no path to ask at. */
function pathOfDocument(document: unknown): string {
  const metadata = fieldOf(document, 'metadata');
  const name = fieldOf(metadata, 'name');
  const namespace = fieldOf(metadata, 'namespace') ?? 'default';
  if (typeof name !== 'string' || name === '') throw missing('metadata.name', name);
  if (typeof namespace !== 'string' || namespace === '') throw missing('metadata.namespace', namespace);
  return pathOf(namespace, name);
}

function missing(path: string, found: unknown): ClientError {
  const message = `expected a name such as shop, found ${JSON.stringify(found) ?? 'nothing'}`;
  return new ClientError('invalid', `the document has no usable ${path}`, { issues: [{ path, message }] });
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, field)?.value;
}
