import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import { type Message, readMessage } from '../support/dns-message.ts';
import { TcpLink, UdpLink } from '../support/dns-sockets.ts';
import { anOpt, anOption, aQuery, FLAG, framed, HEADER_OCTETS, RCODE, wireName } from '../support/dns-wire.ts';
import { HOST, ZONE } from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

export interface FuzzOptions {
  readonly runs: number;
}

const CORPUS = join(import.meta.dirname, '../support/packets/queries.hex');
/** The same in every run, so that a red build is red again; `SLUICE_FUZZ_SEED=random` or a number looks elsewhere. */
const DEFAULT_SEED = 20_261_121;
const ANSWER_MS = 2_000;
/** Octets that an error may have more than what it answers: OPT, a cookie, NSID, an extended error, TSIG. */
const ERROR_EXTRA_OCTETS = 160;
/** Octets out for each octet in, over a whole run. */
const MOST_AMPLIFICATION = 4;
const PLAIN_UDP_OCTETS = 512;

/** Messages of both kinds over UDP: each is met with silence or with one reply that is fit for it. */
export async function fuzzUdp(server: ServerUnderTest, { runs }: FuzzOptions): Promise<void> {
  const link = await UdpLink.to(server.address);
  const octets = { asked: 0, answered: 0 };
  const property = fc.asyncProperty(anyMessage, async (message) => {
    const reply = await replyTo(link, message);
    octets.asked += message.length;
    octets.answered += reply?.length ?? 0;
    if (reply !== undefined) checkReply(server, message, reply);
    else expect(isQuery(message) && server.strict, 'silence to a query').toBe(false);
  });
  try {
    await fc.assert(property, { numRuns: runs, seed: seedOf(), interruptAfterTimeLimit: 60_000 });
    expect(octets.answered / octets.asked, 'amplification').toBeLessThan(MOST_AMPLIFICATION);
  } finally {
    link.close();
  }
}

/** The same messages over TCP, the length in front right or wrong: replies or an end, but no connection that hangs. */
export async function fuzzTcp(server: ServerUnderTest, { runs }: FuzzOptions): Promise<void> {
  const stream = fc.record({ message: anyMessage, wrongLength: fc.option(fc.nat(0xffff), { freq: 4 }) });
  const property = fc.asyncProperty(stream, async ({ message, wrongLength }) => {
    const link = await TcpLink.to(server.address);
    const frame = framed(message);
    if (wrongLength !== null) frame.writeUInt16BE(wrongLength, 0);
    const sentinel = sentinelFor(message);
    link.write(Buffer.concat([frame, framed(sentinel)]));
    link.end();
    const whole = link.closed.then(() => true);
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, ANSWER_MS, false).unref());
    const ended = await Promise.race([whole, late]);
    link.close();
    expect(ended, 'the connection ends').toBe(true);
    for (const reply of link.received) readMessage(reply);
  });
  await fc.assert(property, { numRuns: runs, seed: seedOf(), interruptAfterTimeLimit: 60_000 });
}

function seedOf(): number {
  const text = process.env['SLUICE_FUZZ_SEED'];
  if (text === undefined) return DEFAULT_SEED;
  // fast-check prints the seed of a failure.
  return text === 'random' ? Math.floor(Math.random() * 0x7fff_ffff) : Number(text);
}

/** What came before the answer to an ordinary query that was sent behind it. */
async function replyTo(link: UdpLink, message: Buffer): Promise<Buffer | undefined> {
  const sentinel = sentinelFor(message);
  const id = sentinel.readUInt16BE(0);
  link.clear();
  link.send(message);
  link.send(sentinel);
  const isSentinels = (reply: Buffer) => reply.length >= 2 && reply.readUInt16BE(0) === id;
  const [answer] = await link.take(1, { match: isSentinels, timeoutMs: ANSWER_MS });
  expect(answer, 'the answer to an ordinary query behind it').toBeDefined();
  const others = link.received.filter((reply) => !isSentinels(reply));
  expect(others.length, 'replies').toBeLessThanOrEqual(1);
  return others[0];
}

function sentinelFor(message: Buffer): Buffer {
  return aQuery(HOST, { id: (message.length < 2 ? 0 : message.readUInt16BE(0)) ^ 0x5555 });
}

function isQuery(message: Buffer): boolean {
  return message.length >= HEADER_OCTETS && (message.readUInt16BE(2) & FLAG.QR) === 0;
}

function checkReply(server: ServerUnderTest, message: Buffer, octets: Buffer): void {
  expect(isQuery(message), 'an answer to what is no query').toBe(true);
  const reply: Message = readMessage(octets);
  expect(reply.id, 'id').toBe(message.readUInt16BE(0));
  expect(reply.opcode, 'opcode').toBe((message.readUInt16BE(2) >> 11) & 0xf);
  if (server.strict) {
    expect(reply.flags & (FLAG.RA | FLAG.Z), 'RA and the reserved bit').toBe(0);
    expect(reply.rcode, 'a fault of the server').not.toBe(RCODE.SERVFAIL);
  }
  const most = reply.opt === undefined ? PLAIN_UDP_OCTETS : server.udpOctets;
  expect(octets.length, 'octets').toBeLessThanOrEqual(most);
  if (reply.rcode !== RCODE.NOERROR && reply.rcode !== RCODE.NXDOMAIN)
    expect(octets.length, 'octets of an error').toBeLessThanOrEqual(message.length + ERROR_EXTRA_OCTETS);
}

/** Real queries of real programs. */
const corpus = readFileSync(CORPUS, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => Buffer.from(line, 'hex'));

const label = fc.oneof(
  fc.constantFrom('shop', 'big', 'wild', '*', 'ent', 'sub', 'alias', 'chain', 'weighted', '_sluice', 'EAST'),
  fc.uint8Array({ minLength: 1, maxLength: 63 }).map((octets) => Buffer.from(octets)),
);

const name = fc
  .tuple(fc.array(label, { maxLength: 4 }), fc.constantFrom(ZONE, ZONE.toUpperCase(), 'test', 'example.org', ''))
  .map(([labels, suffix]) => wireName([...labels, ...(suffix === '' ? [] : suffix.split('.'))]));

const word = fc.oneof(fc.nat(300), fc.nat(0xffff), fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff));

const option = fc
  .tuple(fc.oneof(fc.constantFrom(3, 8, 9, 10, 11, 12, 15), word), fc.uint8Array({ maxLength: 44 }))
  .map(([code, data]) => anOption(code, Buffer.from(data)));

const optFields = {
  size: word,
  version: fc.oneof({ arbitrary: fc.constant(0), weight: 8 }, { arbitrary: fc.nat(255), weight: 1 }),
  flags: word,
  options: fc.array(option, { maxLength: 4 }).map((options) => Buffer.concat(options)),
};

const opt = fc.record(optFields, { requiredKeys: [] }).map((options) => anOpt(options));

const brokenOpt = fc
  .record({ ...optFields, dataLength: fc.nat(60) }, { requiredKeys: [] })
  .map((options) => anOpt(options));

const queryFields = {
  type: word,
  class: fc.oneof({ arbitrary: fc.constant(1), weight: 8 }, { arbitrary: word, weight: 1 }),
  flags: fc.oneof({ arbitrary: fc.constantFrom(0, FLAG.RD), weight: 4 }, { arbitrary: word, weight: 1 }),
  id: word,
};

/** Whole queries that ask odd things. */
const whole = fc
  .record({ ...queryFields, additionals: fc.array(opt, { maxLength: 1 }) }, { requiredKeys: [] })
  .chain((options) => name.map((octets) => aQuery(octets, options)));

/** Queries that say one thing and are another. */
const broken = fc
  .record(
    {
      ...queryFields,
      counts: fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
      additionals: fc.array(brokenOpt, { maxLength: 2 }),
      tail: fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
    },
    { requiredKeys: [] },
  )
  .chain((options) => name.map((octets) => aQuery(octets, options)));

type Mutation = (message: Buffer) => Buffer;

const mutation = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => changed(at, (octet) => octet ^ (1 << bit))),
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]) => changed(at, () => value)),
  fc.tuple(fc.nat(), fc.constantFrom(0, 1, 63, 64, 0xc0, 0xff)).map(([at, value]) => changed(at, () => value)),
  fc.nat().map(
    (length): Mutation =>
      (message) =>
        message.subarray(0, length % (message.length + 1)),
  ),
  fc.tuple(fc.integer({ min: 2, max: 5 }), word).map(([index, value]) => countEdit(index, value)),
  fc.tuple(fc.constantFrom(...corpus), fc.nat(), fc.nat()).map(([other, from, to]) => splice(other, from, to)),
  fc.uint8Array({ maxLength: 64 }).map(
    (tail): Mutation =>
      (message) =>
        Buffer.concat([message, tail]),
  ),
);

/** Real queries with a few things gone wrong. */
const mutated = fc
  .tuple(fc.constantFrom(...corpus), fc.array(mutation, { maxLength: 6 }))
  .map(([message, mutations]) => mutations.reduce((octets: Buffer, mutate) => mutate(octets), message));

const anyMessage = fc.oneof(whole, broken, mutated);

function changed(at: number, change: (octet: number) => number): Mutation {
  return (message) => {
    const copy = Buffer.from(message);
    if (copy.length > 0) copy.writeUInt8(change(copy.readUInt8(at % copy.length)), at % copy.length);
    return copy;
  };
}

/** The 16-bit word of the header with this index: 2 to 5 are the counts. */
function countEdit(index: number, value: number): Mutation {
  return (message) => {
    const copy = Buffer.from(message);
    if (copy.length >= HEADER_OCTETS) copy.writeUInt16BE(value, index * 2);
    return copy;
  };
}

/** The beginning of one message and the end of another. */
function splice(other: Buffer, from: number, to: number): Mutation {
  return (message) =>
    Buffer.concat([message.subarray(0, from % (message.length + 1)), other.subarray(to % (other.length + 1))]);
}
