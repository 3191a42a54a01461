import type { Source } from './answer/responder.ts';
import type { Query } from './wire/query.ts';

/** Answers a query so that this many octets are left of what the client takes. */
export type AnswerUnsigned = (unsigned: Query, reserved: number) => Buffer;

/** Zone transfers and signed messages: what a query needs that is for secondaries. */
export interface Transfers {
  /** The zones say something else than before. */
  changed(): void;
  /**
   * The whole reply to a transfer or to a query with TSIG; undefined for one that is answered as any other.
   * `answer` answers a query that has lost its TSIG, and leaves `reserved` octets for the one of the response.
   */
  respond(query: Query, from: Source, answer: AnswerUnsigned): Buffer | Iterable<Buffer> | undefined;
}

/** For servers without secondaries. */
export const NO_TRANSFERS: Transfers = { changed: () => undefined, respond: () => undefined };
