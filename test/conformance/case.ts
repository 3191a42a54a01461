import { expect } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { RCODE, TYPE } from '../support/dns-wire.ts';
import type { ServerUnderTest } from './server-under-test.ts';

export type ServerName = 'sluice' | 'knot' | 'nsd' | 'other';

/** One expectation that holds for every server, unless it says why it does not. */
export interface ConformanceCase {
  /** As in research/reliability.md section 2.2; `G` and a number for what came after that list. */
  readonly id: string;
  /** The query and its right answer. */
  readonly what: string;
  /** Who says so. */
  readonly source: string;
  /** References that knowingly do otherwise, and what they do. They are asked all the same. */
  readonly exceptions?: Partial<Readonly<Record<ServerName, string>>>;
  /** Servers that have what is asked for; all when absent. */
  readonly only?: readonly ServerName[];
  /** Milliseconds; a case that attacks takes longer than one that asks. */
  readonly timeoutMs?: number;
  /** Throws when the server does otherwise; `skip` says why this machine cannot tell. */
  readonly run: (server: ServerUnderTest, skip: (why: string) => never) => Promise<void>;
}

export const ZONE = 'example.test';
export const HOST = `shop.${ZONE}`;
export const HOST_ADDRESS = '192.0.2.10';
/** What the zone's SOA lets a negative answer be kept for, seconds. */
export const NEGATIVE_TTL = 30;

/** NOERROR by authority with exactly these records in the answer section, in any order. */
export function expectAnswer(reply: Message, type: number, ...texts: readonly string[]): void {
  expect(reply.rcode).toBe(RCODE.NOERROR);
  expect(reply.authoritative, 'AA').toBe(true);
  expect(reply.truncated, 'TC').toBe(false);
  const found = reply.answers.map((record) => `${record.type} ${record.text}`);
  expect(found.toSorted()).toEqual(texts.map((text) => `${type} ${text}`).toSorted());
  for (const { class: klass } of reply.answers) expect(klass, 'class').toBe(1);
}

/** The host's A record as the zone file has it. */
export function expectHost(reply: Message): void {
  expectAnswer(reply, TYPE.A, HOST_ADDRESS);
}

/** NODATA (RFC 2308 section 2.2): the name is there, the type is not. */
export function expectNoData(reply: Message): void {
  expect(reply.rcode).toBe(RCODE.NOERROR);
  expect(reply.answers).toEqual([]);
  expectNegative(reply);
}

/** NXDOMAIN (RFC 2308 section 2.1): neither the name nor anything below it is there. */
export function expectNxdomain(reply: Message): void {
  expect(reply.rcode).toBe(RCODE.NXDOMAIN);
  expect(reply.answers).toEqual([]);
  expectNegative(reply);
}

/** AA, and the zone's SOA alone in the authority section with the negative TTL. */
export function expectNegative(reply: Message): void {
  expect(reply.authoritative, 'AA').toBe(true);
  expect(reply.authorities.map(({ owner, type, ttl }) => ({ owner, type, ttl }))).toEqual([
    { owner: ZONE, type: TYPE.SOA, ttl: NEGATIVE_TTL },
  ]);
}

/** REFUSED without authority and without a record of any kind: no upward referral, no amplification. */
export function expectRefused(reply: Message): void {
  expect(reply.rcode).toBe(RCODE.REFUSED);
  expectEmpty(reply);
}

/** No record but OPT, and no authority. */
export function expectEmpty(reply: Message): void {
  expect([reply.answers, reply.authorities, reply.additionals]).toEqual([[], [], []]);
  expect(reply.authoritative, 'AA').toBe(false);
}

/** One of these rcodes and no data. */
export function expectError(reply: Message | undefined, ...rcodes: readonly number[]): void {
  if (reply === undefined) throw new Error('silence');
  expect(reply.rcode).toBeOneOf([...rcodes]);
  expect(reply.answers).toEqual([]);
}

/**
 * FORMERR to a message that nobody can read. Silence is allowed to others: it makes a client wait, and gives a spoofer
 * time (RFC 8906 section 3).
 */
export async function expectMalformed(server: ServerUnderTest, message: Buffer): Promise<void> {
  const reply = await server.send(message);
  if (reply === undefined && !server.strict) return;
  expectError(reply, RCODE.FORMERR);
}

/** The letters of a name by turns in upper and in lower case (0x20). */
export function mixedCase(name: string): string {
  return name.replaceAll(/(.)(.?)/g, (_pair, first: string, second: string) => first.toUpperCase() + second);
}
