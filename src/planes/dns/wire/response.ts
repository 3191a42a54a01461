import {
  COMPACT_OK,
  DNSSEC_OK,
  FLAG,
  HEADER_SIZE,
  OPT_SIZE,
  QUESTION_POINTER,
  TYPE,
  UDP_CAP,
  UDP_FLOOR,
} from './constants.ts';
import type { Query } from './query.ts';
import type { RecordSet } from './records.ts';

/** What goes into a response besides the echoed question. */
export interface Response {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answer: readonly Placed[];
  readonly authority: readonly Placed[];
  readonly additional: readonly Placed[];
}

/** Records with the name that owns them. */
export interface Placed {
  readonly set: RecordSet;
  /** A pointer to a name that stands before them in the message (RFC 1035 section 4.1.4); 0 when they carry whole names. */
  readonly owner: number;
}

export interface Encoded {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

export interface EncodeOptions {
  /** The most octets that may be sent. */
  readonly limit: number;
  /** Data of the OPT record. */
  readonly options: Buffer;
  /** Says "come again over TCP" whatever the size. */
  readonly truncate: boolean;
}

const NOTHING: readonly Placed[] = [];

/** The largest UDP response for a query, octets. */
export function udpLimit(query: Query): number {
  if (query.edns === undefined) return UDP_FLOOR;
  return Math.max(UDP_FLOOR, Math.min(query.edns.udpSize, UDP_CAP));
}

/**
 * Writes a response of at most `limit` octets. One that does not fit keeps question and OPT, loses all records and
 * says so (TC): no record set is ever sent in part (RFC 2181 section 9).
 */
export function encodeResponse(query: Query, response: Response, { limit, options, truncate }: EncodeOptions): Encoded {
  const { questionEnd, edns } = query;
  const optSize = edns === undefined ? 0 : OPT_SIZE + options.length;
  const records = sizeOf(response.answer) + sizeOf(response.authority) + sizeOf(response.additional);
  const truncated = truncate || questionEnd + records + optSize > limit;
  const optAt = questionEnd + (truncated ? 0 : records);
  const bytes = Buffer.allocUnsafe(optAt + optSize);
  query.message.copy(bytes, 0, 0, questionEnd);
  writeFlags(bytes, response, truncated);
  const counted = truncated ? NOTHING : undefined;
  let at = writeSection(bytes, questionEnd, counted ?? response.answer, ANSWER_COUNT);
  at = writeSection(bytes, at, counted ?? response.authority, AUTHORITY_COUNT);
  writeSection(bytes, at, counted ?? response.additional, ADDITIONAL_COUNT);
  if (edns === undefined) return { bytes, truncated };
  bytes.writeUInt16BE(bytes.readUInt16BE(ADDITIONAL_COUNT) + 1, ADDITIONAL_COUNT);
  writeOpt(bytes, optAt, { rcode: response.rcode, flags: echoedFlags(query), options });
  return { bytes, truncated };
}

/** A bare header, for messages whose question cannot be told. The opcode is echoed. */
export function encodeHeaderOnly(message: Buffer, rcode: number): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE);
  message.copy(bytes, 0, 0, 3);
  writeFlags(bytes, { rcode, authoritative: false }, false);
  return bytes;
}

/** The OPT record of a response without options; undefined when the query had none. */
export function optRecord(query: Query): Buffer | undefined {
  if (query.edns === undefined) return undefined;
  const bytes = Buffer.alloc(OPT_SIZE);
  writeOpt(bytes, 0, { rcode: 0, flags: echoedFlags(query), options: Buffer.alloc(0) });
  return bytes;
}

/** Header offsets of the counts (RFC 1035 section 4.1.1). */
const ANSWER_COUNT = 6;
const AUTHORITY_COUNT = 8;
const ADDITIONAL_COUNT = 10;

/** Name, type, class, TTL and length of a record whose owner is a pointer, octets. */
const POINTED_HEAD = 12;

function sizeOf(placed: readonly Placed[]): number {
  let size = 0;
  for (const { set } of placed) size += set.bytes.length;
  return size;
}

/** Returns the offset behind the section. */
function writeSection(bytes: Buffer, start: number, section: readonly Placed[], countAt: number): number {
  let at = start;
  let count = 0;
  for (const { set, owner } of section) {
    set.bytes.copy(bytes, at);
    const end = at + set.bytes.length;
    if (owner !== QUESTION_POINTER && owner !== 0) pointOwners(bytes, at, { end, owner });
    at = end;
    count += set.count;
  }
  bytes.writeUInt16BE(count, countAt);
  return at;
}

function pointOwners(bytes: Buffer, start: number, { end, owner }: { readonly end: number; readonly owner: number }) {
  for (let at = start; at < end; at += POINTED_HEAD + bytes.readUInt16BE(at + 10)) bytes.writeUInt16BE(owner, at);
}

/** Opcode and RD are echoed (RFC 1035 section 4.1.1); RA, Z, AD and CD are clear: nothing is recursed or validated here. */
function writeFlags(
  bytes: Buffer,
  { rcode, authoritative }: Pick<Response, 'rcode' | 'authoritative'>,
  truncated: boolean,
): void {
  const echoed = bytes.readUInt8(2) & (FLAG.opcode | FLAG.recursionDesired);
  const own = FLAG.response | (authoritative ? FLAG.authoritative : 0) | (truncated ? FLAG.truncated : 0);
  bytes.writeUInt8(echoed | own, 2);
  bytes.writeUInt8(rcode & 0x0f, 3);
}

/** DO as it came (RFC 3225 section 3), and CO with it (RFC 9824 section 5.1). */
function echoedFlags({ edns }: Query): number {
  return (edns?.dnssecOk ? DNSSEC_OK : 0) | (edns?.compactOk ? COMPACT_OK : 0);
}

interface Opt {
  readonly rcode: number;
  readonly flags: number;
  readonly options: Buffer;
}

/** Version 0; the upper eight bits of the rcode (RFC 6891 section 6.1.3). */
function writeOpt(bytes: Buffer, at: number, { rcode, flags, options }: Opt): void {
  bytes.writeUInt8(0, at);
  bytes.writeUInt16BE(TYPE.OPT, at + 1);
  bytes.writeUInt16BE(UDP_CAP, at + 3);
  bytes.writeUInt8(rcode >> 4, at + 5);
  bytes.writeUInt8(0, at + 6);
  bytes.writeUInt16BE(flags, at + 7);
  bytes.writeUInt16BE(options.length, at + 9);
  options.copy(bytes, at + OPT_SIZE);
}
