import type { Source } from './answer/responder.ts';
import type { Query } from './wire/query.ts';

/** Zone transfers and signed messages: what a query needs that is for secondaries. */
export interface Transfers {
  /** The zones say something else than before. */
  changed(): void;
  /**
   * The whole reply to a transfer or to a query with TSIG; undefined for one that is answered as any other.
   * `answer` answers a query that has lost its TSIG.
   */
  respond(query: Query, from: Source, answer: (unsigned: Query) => Buffer): Buffer | Iterable<Buffer> | undefined;
}

/** For servers without secondaries. */
export const NO_TRANSFERS: Transfers = { changed: () => undefined, respond: () => undefined };
