/** A record outside any message: the whole name of its owner, and no pointers in its data. */
export interface FlatRecord {
  /** Wire form, ASCII letters as they were written. */
  readonly owner: Buffer;
  readonly type: number;
  readonly ttlSeconds: number;
  /** RDATA in wire form. */
  readonly data: Buffer;
}
