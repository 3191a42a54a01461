import { DNSSEC_OK, FLAG, HEADER_SIZE, MAX_LABEL, MAX_NAME, TYPE } from './constants.ts';
import { type NameKey, nameKey } from './names.ts';

/** What a message asks. Its octets up to `questionEnd` are echoed as they came. */
export interface Query {
  readonly message: Buffer;
  readonly name: NameKey;
  /** Offset behind the question. */
  readonly questionEnd: number;
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
}

/** The OPT record of a query (RFC 6891 section 6.1). */
export interface Edns {
  readonly version: number;
  /** The largest UDP answer that the client can take, octets, as it says. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
}

export type Parsed =
  | { readonly kind: 'query'; readonly query: Query }
  /** To be answered with a bare header and this in it. */
  | { readonly kind: 'malformed' }
  | { readonly kind: 'notImplemented' }
  /** Never to be answered: a runt has no id to answer to, and answering a response makes a loop of reflections. */
  | { readonly kind: 'silence' };

/** A query has no more than OPT, TSIG and SIG(0) behind its question. */
const MAX_ADDITIONALS = 4;

const MALFORMED: Parsed = { kind: 'malformed' };

/** Reads a query in one pass over its octets. Counts are checked before anything is read for them; no pointer is followed. */
export function parseQuery(message: Buffer): Parsed {
  if (message.length < HEADER_SIZE) return { kind: 'silence' };
  const flags = message.readUInt8(2);
  if ((flags & FLAG.response) !== 0) return { kind: 'silence' };
  if ((flags & FLAG.opcode) !== 0) return { kind: 'notImplemented' };
  const counts = readCounts(message);
  if (counts === undefined) return MALFORMED;
  const nameEnd = plainNameEnd(message, HEADER_SIZE);
  if (nameEnd === undefined || nameEnd + 4 > message.length) return MALFORMED;
  const rest = readRecords(message, nameEnd + 4, counts);
  if (rest === undefined) return MALFORMED;
  const query = {
    message,
    name: nameKey(message, HEADER_SIZE, nameEnd),
    questionEnd: nameEnd + 4,
    type: message.readUInt16BE(nameEnd),
    class: message.readUInt16BE(nameEnd + 2),
    edns: rest.edns,
  };
  return { kind: 'query', query };
}

interface Counts {
  readonly authorities: number;
  readonly additionals: number;
}

/** How many records follow the question; undefined for counts that no query has. */
function readCounts(message: Buffer): Counts | undefined {
  // One question and no answers (RFC 9619). IXFR has an SOA in its authority section (RFC 1995 section 3).
  if (message.readUInt16BE(4) !== 1 || message.readUInt16BE(6) !== 0) return undefined;
  const authorities = message.readUInt16BE(8);
  const additionals = message.readUInt16BE(10);
  return authorities > 1 || additionals > MAX_ADDITIONALS ? undefined : { authorities, additionals };
}

/** Offset behind a name of plain labels; undefined for pointers (nothing comes before it to point to) and other label types. */
function plainNameEnd(message: Buffer, start: number): number | undefined {
  for (let at = start; at < message.length && at - start < MAX_NAME; ) {
    const length = message.readUInt8(at);
    at += 1 + length;
    if (length === 0) return at;
    if (length > MAX_LABEL) return undefined;
  }
  return undefined;
}

/** Offset behind a name that may end in a pointer, which is skipped. */
function anyNameEnd(message: Buffer, start: number): number | undefined {
  for (let at = start; at < message.length && at - start < MAX_NAME; ) {
    const length = message.readUInt8(at);
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
    if (length === 0) return at;
    if (length > MAX_LABEL) return undefined;
  }
  return undefined;
}

/** Walks the records behind the question to the last octet of the message; undefined when they do not fit it exactly. */
function readRecords(
  message: Buffer,
  start: number,
  { authorities, additionals }: Counts,
): { readonly edns: Edns | undefined } | undefined {
  let edns: Edns | undefined;
  let at = start;
  for (let index = 0; index < authorities + additionals; index += 1) {
    const record = readRecord(message, at);
    if (record === undefined) return undefined;
    at = record.end;
    if (record.type !== TYPE.OPT) continue;
    // One OPT, in the additional section, owned by the root, its options whole (RFC 6891 sections 6.1.1 and 6.1.2).
    if (edns !== undefined || index < authorities || !record.ownedByRoot) return undefined;
    if (!optionsFit(message, record)) return undefined;
    edns = readEdns(message, record.dataStart);
  }
  return at === message.length ? { edns } : undefined;
}

interface RawRecord {
  readonly type: number;
  readonly ownedByRoot: boolean;
  readonly dataStart: number;
  readonly end: number;
}

function readRecord(message: Buffer, start: number): RawRecord | undefined {
  const nameEnd = anyNameEnd(message, start);
  if (nameEnd === undefined || nameEnd + 10 > message.length) return undefined;
  const dataStart = nameEnd + 10;
  const end = dataStart + message.readUInt16BE(nameEnd + 8);
  if (end > message.length) return undefined;
  return { type: message.readUInt16BE(nameEnd), ownedByRoot: nameEnd === start + 1, dataStart, end };
}

function optionsFit(message: Buffer, { dataStart, end }: RawRecord): boolean {
  let at = dataStart;
  while (at + 4 <= end) at += 4 + message.readUInt16BE(at + 2);
  return at === end;
}

/** Class holds the size, TTL holds extended rcode, version and flags (RFC 6891 section 6.1.3). */
function readEdns(message: Buffer, dataStart: number): Edns {
  return {
    udpSize: message.readUInt16BE(dataStart - 8),
    version: message.readUInt8(dataStart - 5),
    dnssecOk: (message.readUInt16BE(dataStart - 4) & DNSSEC_OK) !== 0,
  };
}
