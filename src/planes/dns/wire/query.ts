import { FLAG, HEADER_SIZE, MAX_LABEL, MAX_NAME, TYPE } from './constants.ts';
import { type Edns, readEdns } from './edns.ts';
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
  /** Whether a TSIG record ends the message (RFC 8945 section 5.1). */
  readonly signed: boolean;
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
const NOT_IMPLEMENTED: Parsed = { kind: 'notImplemented' };
const SILENCE: Parsed = { kind: 'silence' };

/** Reads a query in one pass over its octets. Counts are checked before anything is read for them; no pointer is followed. */
export function parseQuery(message: Buffer): Parsed {
  if (message.length < HEADER_SIZE) return SILENCE;
  const flags = message.readUInt8(2);
  if ((flags & FLAG.response) !== 0) return SILENCE;
  if ((flags & FLAG.opcode) !== 0) return NOT_IMPLEMENTED;
  // One question and no answers (RFC 9619). IXFR has an SOA in its authority section (RFC 1995 section 3).
  if (message.readUInt32BE(4) !== 0x1_0000) return MALFORMED;
  const authorities = message.readUInt16BE(8);
  const additionals = message.readUInt16BE(10);
  if (authorities > 1 || additionals > MAX_ADDITIONALS) return MALFORMED;
  const nameEnd = plainNameEnd(message, HEADER_SIZE);
  if (nameEnd === undefined || nameEnd + 4 > message.length) return MALFORMED;
  const questionEnd = nameEnd + 4;
  const rest = readRecords(message, questionEnd, { authorities, additionals });
  if (rest === undefined) return MALFORMED;
  const query = {
    message,
    name: nameKey(message, HEADER_SIZE, nameEnd),
    questionEnd,
    type: message.readUInt16BE(nameEnd),
    class: message.readUInt16BE(nameEnd + 2),
    edns: rest.edns,
    signed: rest.signed,
  };
  return { kind: 'query', query };
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

interface Counts {
  readonly authorities: number;
  readonly additionals: number;
}

interface Rest {
  readonly edns: Edns | undefined;
  readonly signed: boolean;
}

/** Walks the records behind the question to the last octet of the message; undefined when they do not fit it exactly. */
function readRecords(message: Buffer, start: number, { authorities, additionals }: Counts): Rest | undefined {
  const count = authorities + additionals;
  let edns: Edns | undefined;
  let signed = false;
  let at = start;
  for (let index = 0; index < count; index += 1) {
    const record = readRecord(message, at);
    // Nothing may follow TSIG (RFC 8945 section 5.1).
    if (record === undefined || signed) return undefined;
    at = record.end;
    if (record.type === TYPE.TSIG) signed = true;
    if (record.type !== TYPE.OPT) continue;
    // One OPT, in the additional section, owned by the root (RFC 6891 sections 6.1.1 and 6.1.2).
    if (edns !== undefined || index < authorities || !record.ownedByRoot) return undefined;
    edns = readEdns(message, record.dataStart, record.end);
    if (edns === undefined) return undefined;
  }
  return at === message.length ? { edns, signed } : undefined;
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
