import { DNSSEC_OK, FLAG, HEADER_SIZE, OPT_SIZE, TYPE, UDP_CAP, UDP_FLOOR } from './constants.ts';
import type { Query } from './query.ts';
import type { RecordSet } from './records.ts';

/** What goes into a response besides the echoed question. */
export interface Response {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answer?: RecordSet | undefined;
  /** The SOA of a negative answer (RFC 2308 section 3), whose owner is the last `zoneLength` octets of the question's name. */
  readonly authority?: { readonly soa: RecordSet; readonly zoneLength: number } | undefined;
}

export interface Encoded {
  readonly bytes: Buffer;
  readonly truncated: boolean;
}

const NOTHING: RecordSet = { count: 0, bytes: Buffer.alloc(0) };

/** The largest UDP response for a query, octets. */
export function udpLimit(query: Query): number {
  if (query.edns === undefined) return UDP_FLOOR;
  return Math.max(UDP_FLOOR, Math.min(query.edns.udpSize, UDP_CAP));
}

/**
 * Writes a response of at most `limit` octets. One that does not fit keeps question and OPT, loses all records and
 * says so (TC): no record set is ever sent in part (RFC 2181 section 9).
 */
export function encodeResponse(query: Query, response: Response, limit: number): Encoded {
  const optSize = query.edns === undefined ? 0 : OPT_SIZE;
  const { answer, soa, truncated } = fitSections(response, limit - query.questionEnd - optSize);
  const soaAt = query.questionEnd + answer.bytes.length;
  const optAt = soaAt + soa.bytes.length;
  const bytes = Buffer.allocUnsafe(optAt + optSize);
  query.message.copy(bytes, 0, 0, query.questionEnd);
  answer.bytes.copy(bytes, query.questionEnd);
  soa.bytes.copy(bytes, soaAt);
  writeFlags(bytes, response, truncated);
  bytes.writeUInt16BE(answer.count, 6);
  bytes.writeUInt16BE(soa.count, 8);
  bytes.writeUInt16BE(optSize === 0 ? 0 : 1, 10);
  if (soa.count > 0) bytes.writeUInt16BE(zonePointer(query, response), soaAt);
  if (query.edns !== undefined) writeOpt(bytes, optAt, response.rcode, query.edns.dnssecOk);
  return { bytes, truncated };
}

/** All records, or none of them. */
function fitSections({ answer = NOTHING, authority }: Response, room: number) {
  const soa = authority?.soa ?? NOTHING;
  if (answer.bytes.length + soa.bytes.length > room) return { answer: NOTHING, soa: NOTHING, truncated: true };
  return { answer, soa, truncated: false };
}

/** A bare header, for messages whose question cannot be told. The opcode is echoed. */
export function encodeHeaderOnly(message: Buffer, rcode: number): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE);
  message.copy(bytes, 0, 0, 3);
  writeFlags(bytes, { rcode, authoritative: false }, false);
  return bytes;
}

/** Opcode and RD are echoed (RFC 1035 section 4.1.1); RA, Z, AD and CD are clear: nothing is recursed or validated here. */
function writeFlags(bytes: Buffer, { rcode, authoritative }: Response, truncated: boolean): void {
  const echoed = bytes.readUInt8(2) & (FLAG.opcode | FLAG.recursionDesired);
  const own = FLAG.response | (authoritative ? FLAG.authoritative : 0) | (truncated ? FLAG.truncated : 0);
  bytes.writeUInt8(echoed | own, 2);
  bytes.writeUInt8(rcode & 0x0f, 3);
}

/** A pointer to the zone's name, which the question's name ends with. */
function zonePointer({ name }: Query, { authority }: Response): number {
  return 0xc000 | (HEADER_SIZE + name.length - (authority?.zoneLength ?? 0));
}

/** Version 0, no options; the upper eight bits of the rcode, and DO as it came (RFC 3225 section 3). */
function writeOpt(bytes: Buffer, at: number, rcode: number, dnssecOk: boolean): void {
  bytes.writeUInt8(0, at);
  bytes.writeUInt16BE(TYPE.OPT, at + 1);
  bytes.writeUInt16BE(UDP_CAP, at + 3);
  bytes.writeUInt8(rcode >> 4, at + 5);
  bytes.writeUInt8(0, at + 6);
  bytes.writeUInt16BE(dnssecOk ? DNSSEC_OK : 0, at + 7);
  bytes.writeUInt16BE(0, at + 9);
}
