import { z } from 'zod';

/** What the HTTP API says of the DNS servers, said once: the OpenAPI components, and the checks of the HTTP client. */

export interface DnsExplanation {
  readonly host: string;
  readonly subnet?: string;
  readonly servers: readonly ServerExplanation[];
  /** For people: who would answer, and why. */
  readonly summary: readonly string[];
}

/** What one DNS server would answer to a client, and why. */
export type ServerExplanation =
  | ExplainedByServer
  | {
      readonly kind: 'unknown';
      readonly server: string;
      /** One CamelCase word for programs. */
      readonly reason: string;
      readonly message: string;
    };

export interface ExplainedByServer {
  readonly kind: 'explained';
  readonly server: string;
  readonly revision: number;
  readonly ttlSeconds: number;
  /** The network that the server took the client for. */
  readonly client: string;
  /** `weighted`, `failover`, `geo`. */
  readonly routing: string;
  /** `stratified` or `sticky`; absent where the first cluster serves. */
  readonly draw?: string;
  readonly region?: string;
  readonly failsOpen: boolean;
  readonly clusters: readonly ExplainedCluster[];
  readonly answers: readonly ExplainedAnswer[];
}

export interface ExplainedCluster {
  readonly cluster: string;
  /** Basis points. */
  readonly share: number;
  readonly health: { readonly state: 'up' | 'down' | 'unknown'; readonly since: string; readonly message: string };
}

export interface ExplainedAnswer {
  readonly type: 'A' | 'AAAA';
  /** Several where they take turns. */
  readonly clusters: readonly string[];
  readonly scopeBits: number;
}

/** What is answered at `_acme-challenge.<host>` until it expires. */
export interface DnsChallenge {
  readonly host: string;
  readonly values: readonly string[];
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface DnsMessage {
  readonly message: string;
}

const timestamp = z.string().meta({ description: 'RFC 3339', examples: ['2026-03-01T12:00:00Z'] });

const cluster = z
  .object({
    cluster: z.string(),
    share: z.int().meta({ description: 'Basis points: all shares of a hostname sum to 10,000' }),
    health: z.object({ state: z.enum(['up', 'down', 'unknown']), since: timestamp, message: z.string() }),
  })
  .meta({ id: 'ExplainedCluster', description: 'What the DNS server thinks of a cluster; unknown is not down' });

const answer = z
  .object({
    type: z.enum(['A', 'AAAA']),
    clusters: z.array(z.string()).meta({ description: 'Whose addresses it may be; several where they take turns' }),
    scopeBits: z.int().meta({ description: "Leading bits of the client's address that decide (RFC 7871)" }),
  })
  .meta({ id: 'ExplainedAnswer', description: 'Who would answer for one type of address' });

const server = z
  .union([
    z.object({
      kind: z.literal('explained'),
      server: z.string(),
      revision: z.int(),
      ttlSeconds: z.int(),
      client: z.string().meta({ description: 'The network that the server took the client for' }),
      routing: z.string().meta({ description: '`weighted`, `failover` or `geo`' }),
      draw: z.string().exactOptional().meta({ description: '`stratified` (in turn) or `sticky`' }),
      region: z.string().exactOptional().meta({ description: "The client's region, where it plays a part" }),
      failsOpen: z.boolean().meta({ description: 'Too much of the share is down: health is left out of account' }),
      clusters: z.array(cluster),
      answers: z.array(answer),
    }),
    z.object({
      kind: z.literal('unknown'),
      server: z.string(),
      reason: z.string().meta({ description: 'For programs: NoAnswer, NotServed, Refused, NotExplained' }),
      message: z.string(),
    }),
  ])
  .meta({ id: 'ServerExplanation', description: 'What one DNS server would answer, and why' });

export const explanationSchema: z.ZodType<DnsExplanation> = z
  .object({
    host: z.string(),
    subnet: z.string().exactOptional(),
    servers: z.array(server),
    summary: z.array(z.string()).meta({ description: 'For people: who would answer, and why' }),
  })
  .meta({ id: 'DnsExplanation', description: 'What a client would get from a hostname, and why' });

export const challengeSchema: z.ZodType<DnsChallenge> = z
  .object({ host: z.string(), values: z.array(z.string()), expiresAt: timestamp })
  .meta({ id: 'DnsChallenge', description: 'What is answered at `_acme-challenge.<host> TXT` until it expires' });

export const dnsMessageSchema: z.ZodType<DnsMessage> = z
  .object({ message: z.string() })
  .meta({ id: 'DnsMessage', description: 'One sentence that says what is so now' });
