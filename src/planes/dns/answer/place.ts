import { RCODE } from '../wire/constants.ts';
import type { NameKey } from '../wire/names.ts';
import type { Query } from '../wire/query.ts';
import type { RecordSet } from '../wire/records.ts';
import type { Placed, Response } from '../wire/response.ts';
import type { DrawnEntry, Node, Records } from '../zone/types.ts';

/** A response, with what else is to be told about it. */
export interface Answer extends Response {
  /** Info code of an extended error (RFC 8914). */
  readonly extendedError?: number;
  /** The draw that it came from: it knows the scope of a client subnet. */
  readonly drawn?: DrawnEntry;
}

export const NONE: readonly never[] = [];

/** An answer without records. */
export function bare(rcode: number, extendedError?: number): Answer {
  const answer = { rcode, authoritative: false, answer: NONE, authority: NONE, additional: NONE };
  return extendedError === undefined ? answer : { ...answer, extendedError };
}

/** Where in the chain of aliases an answer stands. */
export interface Place {
  readonly node: Node;
  readonly name: NameKey;
  readonly wildcard: boolean;
  /** Pointer to `name` in the message. */
  readonly owner: number;
  readonly aliases: readonly Alias[];
}

/** An alias that has been followed, and whose it is. */
export interface Alias extends Placed {
  readonly name: NameKey;
}

/** A name that is answered about, wherever the chain of aliases has led. */
export type Asked = Pick<Place, 'name' | 'owner' | 'aliases'>;

/** The records at a place, behind the aliases that led there. */
export function positive(
  { owner, aliases }: { readonly owner: number; readonly aliases: readonly Placed[] },
  set: RecordSet,
): Answer {
  const placed = { set, owner };
  const answer = aliases.length === 0 ? [placed] : [...aliases, placed];
  return { rcode: RCODE.NOERROR, authoritative: true, answer, authority: NONE, additional: NONE };
}

/** With signatures for who asks for them. */
export function choose(query: Query, { plain, signed }: Records): RecordSet {
  return query.edns?.dnssecOk ? signed : plain;
}
