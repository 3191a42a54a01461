import { rcodeName, typeName } from './wire/constants.ts';
import type { Tally } from './zone/types.ts';

/** What the server has done since it began, as plain data. */
export interface DnsCounters {
  readonly queries: readonly { readonly type: string; readonly rcode: string; readonly count: number }[];
  /** Answers that were drawn. */
  readonly answers: readonly { readonly host: string; readonly cluster: string; readonly count: number }[];
  readonly malformed: number;
  readonly truncated: number;
  /** Left without an answer: responses, runts, messages from port 0. */
  readonly dropped: number;
  /** Answered with TC or not at all, for a limit. */
  readonly rateLimited: number;
  /** Zone transfers begun, whole ones and changes. */
  readonly transfers: number;
  readonly transfersRefused: number;
  readonly internalErrors: number;
  /** The operating system would not take an answer; estimated from one in 16. */
  readonly sendErrors: number;
  /** TCP connections closed by this side for a limit: too many, too slow, not reading. */
  readonly tcpCut: number;
  readonly tcpConnections: number;
}

interface Tallies {
  readonly all: Tally;
  readonly some: Tally;
}

/** Response codes that are counted apart; RFC 6895 has none that this server uses above. */
const RCODES = 32;
const TYPES = 512;

/** Counts. Every label comes from our own zones or from the protocol's numbers, so strangers cannot make it grow. */
export class Counters {
  malformed = 0;
  truncated = 0;
  dropped = 0;
  rateLimited = 0;
  transfers = 0;
  transfersRefused = 0;
  internalErrors = 0;
  sendErrors = 0;
  tcpCut = 0;
  tcpConnections = 0;
  /** By type and rcode; types above the last row are counted in it. */
  readonly #queries = new Float64Array(TYPES * RCODES);
  readonly #answers = new Map<string, Map<string, Tallies>>();

  countQuery(type: number, rcode: number): void {
    const at = Math.min(type, TYPES - 1) * RCODES + (rcode & (RCODES - 1));
    this.#queries[at] = (this.#queries[at] ?? 0) + 1;
  }

  /**
   * The count of a hostname's answers with a cluster, which outlives the compiled zone. Answers that were drawn `among` some
   * of the clusters only, since not all have addresses of the family, are counted apart.
   */
  tally(host: string, cluster: string, among: 'all' | 'some' = 'all'): Tally {
    let row = this.#answers.get(host);
    if (row === undefined) this.#answers.set(host, (row = new Map()));
    let tallies = row.get(cluster);
    if (tallies === undefined) row.set(cluster, (tallies = { all: { count: 0 }, some: { count: 0 } }));
    return tallies[among];
  }

  /** Answers of a hostname by cluster, of those that were drawn among all of its clusters: they show its shares. */
  measured(host: string): Readonly<Record<string, number>> {
    const row = this.#answers.get(host) ?? [];
    return Object.fromEntries([...row].map(([cluster, { all }]) => [cluster, all.count]));
  }

  /** Forgets a hostname that is not served any more. */
  forget(host: string): void {
    this.#answers.delete(host);
  }

  snapshot(): DnsCounters {
    const { malformed, truncated, dropped, rateLimited, transfers, transfersRefused } = this;
    const { internalErrors, sendErrors, tcpCut, tcpConnections } = this;
    return {
      queries: this.#queryCounts(),
      answers: [...this.#answers].flatMap(([host, row]) =>
        [...row].map(([cluster, { all, some }]) => ({ host, cluster, count: all.count + some.count })),
      ),
      malformed,
      truncated,
      dropped,
      rateLimited,
      transfers,
      transfersRefused,
      internalErrors,
      sendErrors,
      tcpCut,
      tcpConnections,
    };
  }

  #queryCounts(): DnsCounters['queries'] {
    const named = new Map<string, { type: string; rcode: string; count: number }>();
    this.#queries.forEach((count, at) => {
      if (count === 0) return;
      const type = typeName(Math.floor(at / RCODES));
      const rcode = rcodeName(at % RCODES);
      const before = named.get(`${type} ${rcode}`)?.count ?? 0;
      named.set(`${type} ${rcode}`, { type, rcode, count: before + count });
    });
    return [...named.values()];
  }
}
