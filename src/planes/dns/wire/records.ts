import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { CLASS_IN, QUESTION_POINTER } from './constants.ts';
import type { FlatRecord } from './flat-record.ts';

/** Records of one type that are always answered together, in wire form. Their owner points to the question's name. */
export interface RecordSet {
  readonly count: number;
  readonly bytes: Buffer;
}

export interface RecordOptions {
  readonly type: number;
  readonly ttlSeconds: number;
}

/** Keeps the largest answer well inside a TCP message, whatever a load balancer lists. */
const MAX_ADDRESSES = 500;
const POINTER_SIZE = 2;
/** Owner, type, class, TTL and length, octets. */
const RECORD_HEAD = 12;
const SVC_PARAM_ALPN = 1;
/** A character-string has one octet for its length (RFC 1035 section 3.3). */
const MAX_STRING = 255;

export function recordSet(options: RecordOptions, values: readonly Buffer[]): RecordSet {
  return { count: values.length, bytes: Buffer.concat(values.map((value) => record(options, value))) };
}

/** Offset behind the first record of a set: its head, with a pointer for its owner, and its data. */
export function recordEnd(bytes: Buffer): number {
  return RECORD_HEAD + bytes.readUInt16BE(RECORD_HEAD - 2);
}

export function joinSets(sets: readonly RecordSet[]): RecordSet {
  return {
    count: sets.reduce((sum, { count }) => sum + count, 0),
    bytes: Buffer.concat(sets.map(({ bytes }) => bytes)),
  };
}

/** Records with the whole names of their owners, for names that the message has nowhere else. */
export function wholeRecords(records: readonly FlatRecord[]): RecordSet {
  const values = records.map(({ owner, type, ttlSeconds, data }) =>
    Buffer.concat([owner, record({ type, ttlSeconds }, data).subarray(POINTER_SIZE)]),
  );
  return { count: values.length, bytes: Buffer.concat(values) };
}

/** Data of A and AAAA records of a list of addresses, each address once. Text that is no address is left out. */
export function addressData(addresses: readonly string[]): {
  readonly a: readonly Buffer[];
  readonly aaaa: readonly Buffer[];
} {
  const known = addresses
    .filter((text) => isIP(text) !== 0 && ipaddr.isValid(text))
    .map((text) => Buffer.from(ipaddr.parse(text).toByteArray()));
  const values = [...new Map(known.map((value) => [value.toString('hex'), value])).values()];
  const ofSize = (size: number) => values.filter((value) => value.length === size).slice(0, MAX_ADDRESSES);
  return { a: ofSize(4), aaaa: ofSize(16) };
}

/** One TXT record of several character-strings, which keep their order (RFC 1035 section 3.3.14). */
export function textValue(strings: readonly string[]): Buffer {
  return Buffer.concat(strings.flatMap(characterString));
}

/** CPU and OS of a host; RFC 8482 section 4.2 gives the answer to ANY in it. */
export function hostInfoValue(cpu: string, os: string): Buffer {
  return Buffer.concat([...characterString(cpu), ...characterString(os)]);
}

/** Priority 1, the name itself, HTTP/2 beside HTTP/1.1: clients may come over TLS at once (RFC 9460 sections 2.2 and 7.1). */
export function httpsServiceValue(): Buffer {
  const protocols = Buffer.concat(characterString('h2'));
  const parameter = Buffer.alloc(4);
  parameter.writeUInt16BE(SVC_PARAM_ALPN, 0);
  parameter.writeUInt16BE(protocols.length, 2);
  return Buffer.concat([Buffer.of(0, 1, 0), parameter, protocols]);
}

export interface StartOfAuthority {
  readonly primary: Buffer;
  readonly mailbox: Buffer;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  readonly negativeTtlSeconds: number;
}

/** RFC 1035 section 3.3.13. */
export function soaValue(soa: StartOfAuthority): Buffer {
  const numbers = Buffer.alloc(20);
  const inOrder = [soa.serial, soa.refreshSeconds, soa.retrySeconds, soa.expireSeconds, soa.negativeTtlSeconds];
  inOrder.forEach((value, index) => numbers.writeUInt32BE(value, index * 4));
  return Buffer.concat([soa.primary, soa.mailbox, numbers]);
}

function record({ type, ttlSeconds }: RecordOptions, value: Buffer): Buffer {
  const head = Buffer.alloc(RECORD_HEAD);
  head.writeUInt16BE(QUESTION_POINTER, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(CLASS_IN, 4);
  head.writeUInt32BE(ttlSeconds, 6);
  head.writeUInt16BE(value.length, 10);
  return Buffer.concat([head, value]);
}

function characterString(text: string): Buffer[] {
  const octets = Buffer.from(text, 'latin1').subarray(0, MAX_STRING);
  return [Buffer.of(octets.length), octets];
}
