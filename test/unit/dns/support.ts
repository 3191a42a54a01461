import { Packet } from 'dns2';
import type { GlobalIngress, Target } from '../../../src/plan/global-ingress.ts';
import { createResponder, type Respond } from '../../../src/planes/dns/answer/responder.ts';
import { Counters } from '../../../src/planes/dns/counters.ts';
import { Draws } from '../../../src/planes/dns/draw.ts';
import { compileZones, unsyncedZones } from '../../../src/planes/dns/zone/compile.ts';
import type { ZoneSet } from '../../../src/planes/dns/zone/types.ts';

export const HOST = 'shop.example.test';
export const ZONE_CONFIGS = [{ name: 'example.test', serial: 100, nameServerAddresses: ['127.0.0.1'] }];

export const EAST: Target = { cluster: 'east', share: 9_000, addresses: ['127.0.0.11', '::b'] };
export const WEST: Target = { cluster: 'west', share: 1_000, addresses: ['127.0.0.12', '127.0.0.13'] };
export const NORTH: Target = { cluster: 'north', share: 0, addresses: ['127.0.0.14'] };

export function anIngress(overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  const owner = { namespace: 'default', name: 'shop' };
  return { host: HOST, owner, revision: 7, ttlSeconds: 5, targets: [EAST, NORTH, WEST], ...overrides };
}

export function aZoneSet(states: readonly GlobalIngress[] = [anIngress()]): ZoneSet {
  return compileZones(ZONE_CONFIGS, unsyncedZones(ZONE_CONFIGS), states);
}

export interface TestResponder {
  readonly respond: Respond;
  readonly counters: Counters;
}

export function aResponder(zones: ZoneSet = aZoneSet(), random: () => number = () => 0.5): TestResponder {
  const counters = new Counters();
  const draws = new Draws(random);
  const onInternalError = () => undefined;
  const respond = createResponder({
    zones: () => zones,
    draw: (entry) => draws.next(entry),
    counters,
    onInternalError,
  });
  return { respond, counters };
}

/** One label per array entry, so that a label can hold any octet. */
export function wireName(labels: readonly (string | Buffer)[]): Buffer {
  const parts = labels.flatMap((label) => [Buffer.of(label.length), Buffer.from(label as string, 'latin1')]);
  return Buffer.concat([...parts, Buffer.of(0)]);
}

export interface QueryOptions {
  readonly id?: number;
  readonly flags?: number;
  readonly type?: number;
  readonly class?: number;
  /** Questions, answers, authorities, additionals; what is really there when absent. */
  readonly counts?: readonly number[];
  readonly tail?: Buffer;
  readonly additionals?: readonly Buffer[];
}

/** A query in wire form, built without the code under test. */
export function aQuery(name: string | Buffer, options: QueryOptions = {}): Buffer {
  const { id = 0x1234, flags = 0x0100, type = 1, additionals = [], tail = Buffer.alloc(0) } = options;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  (options.counts ?? [1, 0, 0, additionals.length]).forEach((count, index) =>
    header.writeUInt16BE(count, 4 + index * 2),
  );
  const question = Buffer.alloc(4);
  question.writeUInt16BE(type, 0);
  question.writeUInt16BE(options.class ?? 1, 2);
  const wire = typeof name === 'string' ? wireName(name === '' ? [] : name.split('.')) : name;
  return Buffer.concat([header, wire, question, ...additionals, tail]);
}

export interface OptOptions {
  readonly size?: number;
  readonly version?: number;
  readonly flags?: number;
  readonly owner?: Buffer;
  readonly options?: Buffer;
}

/** An OPT record (RFC 6891 section 6.1.2). */
export function anOpt(options: OptOptions = {}): Buffer {
  const { size = 1_232, version = 0, flags = 0, owner = Buffer.of(0), options: data = Buffer.alloc(0) } = options;
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(41, 0);
  fixed.writeUInt16BE(size, 2);
  fixed.writeUInt8(version, 5);
  fixed.writeUInt16BE(flags, 6);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

export interface Seen {
  readonly packet: Packet;
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly addresses: readonly string[];
  /** `TYPE owner` of each record of the authority section. */
  readonly authority: readonly string[];
  readonly opt:
    | { readonly size: number; readonly extendedRcode: number; readonly version: number; readonly dnssecOk: boolean }
    | undefined;
  readonly truncated: boolean;
}

/** Reads a response with dns2, which knows nothing of the code under test; the OPT record by hand, as dns2 hides its fields. */
export function read(response: Buffer | undefined): Seen {
  if (response === undefined) throw new Error('there is no response');
  const packet = Packet.parse(response);
  const { header } = packet;
  const sections = [packet.answers, packet.authorities, packet.additionals].map((section) => section.length);
  const promised = [header.ancount, header.nscount, header.arcount];
  if (String(sections) !== String(promised))
    throw new Error(`counts ${String(promised)} do not match the records ${String(sections)}`);
  return {
    packet,
    rcode: header.rcode,
    authoritative: header.aa === 1,
    truncated: header.tc === 1,
    addresses: packet.answers.flatMap(({ address }) => address ?? []),
    authority: packet.authorities.map(({ type, name }) => `${type} ${name}`),
    opt: header.arcount === 1 ? readOpt(response.subarray(-11)) : undefined,
  };
}

function readOpt(opt: Buffer): Seen['opt'] {
  if (opt.readUInt8(0) !== 0 || opt.readUInt16BE(1) !== 41)
    throw new Error('the last record is no OPT without options');
  return {
    size: opt.readUInt16BE(3),
    extendedRcode: opt.readUInt8(5),
    version: opt.readUInt8(6),
    dnssecOk: opt.readUInt16BE(7) === 0x8000,
  };
}
