import type { Answer } from './answer/answer.ts';
import { rcodeName, typeName } from './wire/constants.ts';

/** What the server has done since it began, as plain data. */
export interface DnsCounters {
  readonly queries: readonly { readonly type: string; readonly rcode: string; readonly count: number }[];
  /** Answers that were drawn by share. */
  readonly answers: readonly { readonly host: string; readonly cluster: string; readonly count: number }[];
  readonly malformed: number;
  readonly truncated: number;
  /** Left without an answer: responses, runts, messages from port 0. */
  readonly dropped: number;
  readonly internalErrors: number;
  /** The operating system would not take an answer. */
  readonly sendErrors: number;
  /** TCP connections closed by this side for a limit: too many, too slow, not reading. */
  readonly tcpCut: number;
  readonly tcpConnections: number;
}

/** Counts. Every label comes from our own zones or from the protocol's numbers, so strangers cannot make it grow. */
export class Counters {
  malformed = 0;
  truncated = 0;
  dropped = 0;
  internalErrors = 0;
  sendErrors = 0;
  tcpCut = 0;
  tcpConnections = 0;
  readonly #queries = new Map<string, Map<string, number>>();
  readonly #answers = new Map<string, Map<string, number>>();

  countQuery(type: number, answer: Answer): void {
    increment(this.#queries, typeName(type), rcodeName(answer.rcode));
    if (answer.drawn !== undefined) increment(this.#answers, answer.drawn.host, answer.drawn.cluster);
  }

  /** Forgets hostnames that are not served any more. */
  keepHosts(hosts: ReadonlyMap<string, unknown>): void {
    for (const host of this.#answers.keys()) if (!hosts.has(host)) this.#answers.delete(host);
  }

  snapshot(): DnsCounters {
    const { malformed, truncated, dropped, internalErrors, sendErrors, tcpCut, tcpConnections } = this;
    return {
      queries: flatten(this.#queries, (type, rcode, count) => ({ type, rcode, count })),
      answers: flatten(this.#answers, (host, cluster, count) => ({ host, cluster, count })),
      malformed,
      truncated,
      dropped,
      internalErrors,
      sendErrors,
      tcpCut,
      tcpConnections,
    };
  }
}

function increment(counts: Map<string, Map<string, number>>, outer: string, inner: string): void {
  let row = counts.get(outer);
  if (row === undefined) counts.set(outer, (row = new Map()));
  row.set(inner, (row.get(inner) ?? 0) + 1);
}

function flatten<T>(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  make: (outer: string, inner: string, count: number) => T,
): T[] {
  return [...counts].flatMap(([outer, row]) => [...row].map(([inner, count]) => make(outer, inner, count)));
}
