import { Packet } from 'dns2';
import { expect } from 'vitest';
import type { Address } from '../../src/lib/address.ts';
import { type Message, readMessage } from '../support/dns-message.ts';
import { TcpLink, UdpLink } from '../support/dns-sockets.ts';
import { anOpt, aQuery, FLAG, framed, HEADER_OCTETS, type OptOptions } from '../support/dns-wire.ts';
import { HOST, type ServerName } from './case.ts';

export interface AskOptions {
  readonly type?: number;
  readonly class?: number;
  readonly id?: number;
  readonly flags?: number;
  /** Sends an OPT record. */
  readonly edns?: OptOptions;
  readonly via?: 'udp' | 'tcp';
}

export interface ServerOptions {
  readonly name: ServerName;
  readonly address: Address;
}

/** Loopback loses a datagram only when a buffer is full. */
const ATTEMPTS = 3;
const ATTEMPT_MS = 2_000;
/** For an answer that overtakes nothing: the server has said all that it had to say before. */
const LATE_MS = 60;
/** RFC 1035 section 4.2.1, RFC 6891 section 6.2.5: what any UDP answer may have without EDNS, and what none should exceed. */
const PLAIN_UDP_OCTETS = 512;
const MOST_UDP_OCTETS = 4_096;
/** RFC 9715: what we promise. */
const OUR_UDP_OCTETS = 1_232;

/** A server at an address, and how to talk to it: politely (`ask`) or not (`send`). */
export class ServerUnderTest {
  readonly name: ServerName;
  readonly address: Address;
  /** Ours has no exceptions, and a server that is named by hand is told about all of its own. */
  readonly strict: boolean;
  #id = 0x1000;

  constructor({ name, address }: ServerOptions) {
    this.name = name;
    this.address = address;
    this.strict = name === 'sluice' || name === 'other';
  }

  /** The most that it may put into a datagram, whatever size is offered. */
  get udpOctets(): number {
    return this.name === 'sluice' ? OUR_UDP_OCTETS : MOST_UDP_OCTETS;
  }

  nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }

  /** A well-formed query. Throws without an answer, and when the answer is not fit for it. */
  async ask(name: string | Buffer, options: AskOptions = {}): Promise<Message> {
    const { edns, via = 'udp', id = this.nextId(), ...rest } = options;
    const query = aQuery(name, { ...rest, id, additionals: edns === undefined ? [] : [anOpt(edns)] });
    const octets = via === 'udp' ? await this.#askUdp(query) : await this.#askTcp(query);
    const reply = readMessage(octets);
    checkFits(reply, query, edns !== undefined);
    checkSecondOpinion(reply);
    const offered = edns === undefined ? PLAIN_UDP_OCTETS : Math.max(PLAIN_UDP_OCTETS, edns.size ?? OUR_UDP_OCTETS);
    if (via === 'udp') expect(octets.length, 'octets over UDP').toBeLessThanOrEqual(Math.min(offered, this.udpOctets));
    return reply;
  }

  /**
   * Any octets in one datagram. Its answer, or undefined for silence: an ordinary query behind it on the same socket was
   * answered, twice, and nothing else came. Throws when that one is not answered either, and for two answers.
   */
  async send(message: Buffer): Promise<Message | undefined> {
    const first = await this.#provoke(message);
    const reply = first ?? (await this.#provoke(message));
    if (reply === undefined) return undefined;
    const read = readMessage(reply);
    expect(read.id, 'id').toBe(message.readUInt16BE(0));
    expect(read.opcode, 'opcode').toBe((message.readUInt16BE(2) >> 11) & 0xf);
    return read;
  }

  /** Any octets, framed, on a connection of their own. Its answer, or undefined when the server closes or says nothing. */
  async sendTcp(message: Buffer): Promise<Message | undefined> {
    const link = await TcpLink.to(this.address);
    link.write(framed(message));
    const [reply] = await link.take(1, { timeoutMs: ATTEMPT_MS });
    link.close();
    return reply === undefined ? undefined : readMessage(reply);
  }

  /** Milliseconds until a plain query has its answer over UDP; the better of two attempts, so that a lost datagram is no delay. */
  async delay(): Promise<number> {
    const attempts: number[] = [];
    while (attempts.length < 2 && (attempts.at(0) ?? Infinity) > 250) {
      const begin = performance.now();
      const link = await UdpLink.to(this.address);
      link.send(aQuery(HOST, { id: this.nextId() }));
      const replies = await link.take(1, { timeoutMs: ATTEMPT_MS });
      link.close();
      attempts.push(replies.length === 1 ? performance.now() - begin : Infinity);
    }
    return Math.min(...attempts);
  }

  /** The longest of so many delays, one after another, milliseconds. */
  async longestDelay(count: number): Promise<number> {
    let longest = 0;
    for (let turn = 0; turn < count; turn += 1) longest = Math.max(longest, await this.delay());
    return longest;
  }

  /** It still answers, over UDP and over TCP. */
  async expectAlive(): Promise<void> {
    const [udp, tcp] = await Promise.all([this.ask(HOST), this.ask(HOST, { via: 'tcp' })]);
    expect([udp.rcode, tcp.rcode]).toEqual([0, 0]);
    expect(udp.answers.length).toBeGreaterThan(0);
  }

  async #askUdp(query: Buffer): Promise<Buffer> {
    const link = await UdpLink.to(this.address);
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        link.send(query);
        const [reply] = await link.take(1, { match: sameId(query), timeoutMs: ATTEMPT_MS });
        if (reply !== undefined) return reply;
      }
      throw new Error(`no answer over UDP to ${query.toString('hex')}`);
    } finally {
      link.close();
    }
  }

  async #askTcp(query: Buffer): Promise<Buffer> {
    const link = await TcpLink.to(this.address);
    link.write(framed(query));
    const [reply] = await link.take(1, { timeoutMs: ATTEMPTS * ATTEMPT_MS });
    link.close();
    if (reply === undefined) throw new Error(`no answer over TCP to ${query.toString('hex')}`);
    return reply;
  }

  async #provoke(message: Buffer): Promise<Buffer | undefined> {
    const link = await UdpLink.to(this.address);
    const taken = message.length < 2 ? 0 : message.readUInt16BE(0);
    const sentinel = aQuery(HOST, { id: taken ^ 0x5555 });
    try {
      link.send(message);
      await answered(link, sentinel);
      const others = () => link.received.filter((reply) => !sameId(sentinel)(reply));
      if (others().length === 0) await link.take(2, { timeoutMs: LATE_MS });
      expect(others().length, 'answers to one message').toBeLessThanOrEqual(1);
      return others()[0];
    } finally {
      link.close();
    }
  }
}

async function answered(link: UdpLink, query: Buffer): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    link.send(query);
    const replies = await link.take(1, { match: sameId(query), timeoutMs: ATTEMPT_MS });
    if (replies.length > 0) return;
  }
  throw new Error('the server answers nothing any more');
}

function sameId(query: Buffer): (reply: Buffer) => boolean {
  return (reply) => reply.length >= 2 && reply.readUInt16BE(0) === query.readUInt16BE(0);
}

/** What holds for the answer to any well-formed query. */
function checkFits(reply: Message, query: Buffer, hasEdns: boolean): void {
  const asked = query.readUInt16BE(2);
  expect(reply.id, 'id').toBe(query.readUInt16BE(0));
  expect(reply.opcode, 'opcode').toBe((asked >> 11) & 0xf);
  const length = reply.question?.octets.length ?? 0;
  expect(reply.question?.octets.toString('hex'), 'question, letter case included').toBe(
    query.subarray(HEADER_OCTETS, HEADER_OCTETS + length).toString('hex'),
  );
  expect(reply.flags & FLAG.RD, 'RD is copied').toBe(asked & FLAG.RD);
  expect(reply.flags & FLAG.RA, 'RA').toBe(0);
  expect(reply.flags & FLAG.Z, 'the reserved bit').toBe(0);
  expect(reply.flags & FLAG.AD, 'AD').toBe(0);
  expect(reply.opt !== undefined, 'OPT in the reply as in the query').toBe(hasEdns);
}

/** dns2 knows nothing of our reader. */
function checkSecondOpinion(reply: Message): void {
  const { header, answers, authorities, additionals } = Packet.parse(reply.octets);
  expect([header.rcode, answers.length, authorities.length, additionals.length]).toEqual([
    reply.rcode,
    reply.answers.length,
    reply.authorities.length,
    reply.additionals.length + (reply.opt === undefined ? 0 : 1),
  ]);
}
