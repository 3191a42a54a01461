import { describe, expect, it } from 'vitest';
import type { Draw, Target, TrafficRouting } from '../../../src/plan/global-ingress.ts';
import { regionTable } from '../../../src/planes/dns/regions.ts';
import { OPTION, TYPE } from '../../support/dns-wire.ts';
import { anIngress, anOpt, anOption, anUpdate, aQuery, aResponder, HOST, type Known, read, served } from './support.ts';

const { A, AAAA } = TYPE;

/** Reached at an address of its own, over both families; its name is in both. */
function target(
  cluster: string,
  share: number,
  addresses = [`127.0.0.${numberOf(cluster)}`, `::${numberOf(cluster)}`],
): Target {
  return { cluster, share, addresses, hostnames: [] };
}

const NAMES = ['east', 'north', 'south', 'west'];
const numberOf = (cluster: string) => 11 + NAMES.indexOf(cluster);

const REGIONS = regionTable({
  networks: { eu: ['10.1.0.0/16', '2001:db8:1::/48'], us: ['10.2.0.0/16'], empty: ['10.3.0.0/16'] },
});

interface Scene extends Known {
  readonly routing?: TrafficRouting;
  readonly targets?: readonly Target[];
}

const STRATIFIED: Draw = { kind: 'stratified' };
const EVEN = NAMES.map((name) => target(name, 2_500));

function hostOf({ routing = { kind: 'weighted', draw: STRATIFIED }, targets = EVEN, ...known }: Scene) {
  return served(anIngress({ routing, targets }), known);
}

const serverOf = (scene: Scene) => aResponder({ hosts: [hostOf(scene)], regions: REGIONS });

/** How often each cluster is answered in `count` answers. */
function drawn(
  server: ReturnType<typeof serverOf>,
  count: number,
  { from = '192.0.2.1', type = A }: { from?: string; type?: number } = {},
) {
  const counts: Record<string, number> = {};
  for (let turn = 0; turn < count; turn += 1) {
    const { addresses } = read(server.respond(aQuery(HOST, { type }), 'udp', from));
    const cluster = NAMES.find((name) => addresses.some((one) => one.endsWith(hexOrNumber(name, type)))) ?? 'nothing';
    counts[cluster] = (counts[cluster] ?? 0) + 1;
  }
  return counts;
}

/** dns2 writes ::11 as it is read: in hexadecimal digits, which these numbers are too. */
function hexOrNumber(cluster: string, type: number): string {
  return type === A ? `.${numberOf(cluster)}` : `:${numberOf(cluster)}`;
}

describe('health', () => {
  it('takes a cluster that is down out of the draw, and the others share what it had by their shares', () => {
    const targets = [target('east', 6_000), target('north', 3_000), target('west', 1_000)];
    expect(drawn(serverOf({ targets, down: ['east'] }), 100)).toEqual({ north: 75, west: 25 });
  });

  it('brings it back', () => {
    const server = serverOf({ down: ['east'] });
    expect(drawn(server, 40)).not.toHaveProperty('east');
    server.tree.apply(anUpdate([hostOf({})]));
    expect(drawn(server, 40)).toEqual({ east: 10, north: 10, south: 10, west: 10 });
  });

  it('is left out of account when all are down, or too much would go: never an empty answer', () => {
    for (const known of [{ down: NAMES }, { down: ['east', 'north', 'south'], failsOpen: true }]) {
      expect(drawn(serverOf(known), 40)).toEqual({ east: 10, north: 10, south: 10, west: 10 });
    }
  });

  it('of one family is that of the other, but each is answered by those who have it', () => {
    const targets = [target('east', 5_000, ['127.0.0.11']), target('west', 5_000)];
    expect(drawn(serverOf({ targets }), 20, { type: AAAA })).toEqual({ west: 20 });
    // The only one with IPv6 is down: it is answered all the same, and over IPv4 the other is.
    const server = serverOf({ targets, down: ['west'] });
    expect(drawn(server, 20, { type: AAAA })).toEqual({ west: 20 });
    expect(drawn(server, 20)).toEqual({ east: 20 });
  });

  it('does not bring clusters without traffic into the answer', () => {
    const targets = [target('east', 10_000), target('west', 0)];
    expect(drawn(serverOf({ targets, down: ['east'] }), 10)).toEqual({ east: 10 });
  });
});

describe('sticky', () => {
  const slots = NAMES.map((cluster) => ({ cluster, count: 2_500 }));
  const routing: TrafficRouting = { kind: 'weighted', draw: { kind: 'sticky', slots } };
  const clients = Array.from({ length: 200 }, (_value, index) => `10.9.${index}.7`);
  const choices = (server: ReturnType<typeof serverOf>, type?: number) =>
    clients.map((from) => Object.keys(drawn(server, 2, { from, ...(type === undefined ? {} : { type }) })).join());

  it('answers a client with the same cluster each time, over both families', () => {
    const server = serverOf({ routing });
    const first = choices(server);
    expect(new Set(first)).toEqual(new Set(NAMES));
    expect(choices(server)).toEqual(first);
    expect(choices(server, AAAA)).toEqual(first);
  });

  it('sends the clients of a cluster that is down to the others, moves nobody else, and takes them back', () => {
    const server = serverOf({ routing });
    const before = choices(server);
    server.tree.apply(anUpdate([hostOf({ routing, down: ['north'] })]));
    const during = choices(server);
    expect(during.filter((cluster, index) => cluster !== before[index] && before[index] !== 'north')).toEqual([]);
    expect(new Set(during.filter((_cluster, index) => before[index] === 'north'))).toEqual(
      new Set(['east', 'south', 'west']),
    );
    server.tree.apply(anUpdate([hostOf({ routing })]));
    expect(choices(server)).toEqual(before);
  });
});

describe('failover', () => {
  const routing: TrafficRouting = { kind: 'failover', clusters: ['west', 'north', 'east', 'south'] };

  it.each([
    ['the first', [], 'west'],
    ['the next when it is down', ['west'], 'north'],
    ['the one after', ['west', 'north'], 'east'],
    ['the first again when all are down', NAMES, 'west'],
  ])('answers %s', (_name, down, cluster) => {
    expect(drawn(serverOf({ routing, down }), 10)).toEqual({ [cluster]: 10 });
    expect(drawn(serverOf({ routing, down }), 10, { type: AAAA })).toEqual({ [cluster]: 10 });
  });

  it('passes over clusters without the family or without traffic', () => {
    const targets = [target('east', 5_000), target('north', 5_000, ['127.0.0.12']), target('west', 0)];
    expect(drawn(serverOf({ routing, targets }), 5)).toEqual({ north: 5 });
    expect(drawn(serverOf({ routing, targets }), 5, { type: AAAA })).toEqual({ east: 5 });
  });

  it('answers a cluster that is not listed rather than nothing: one that is being drained may be all there is', () => {
    const targets = [target('east', 10_000)];
    expect(drawn(serverOf({ routing: { kind: 'failover', clusters: ['west'] }, targets }), 5)).toEqual({ east: 5 });
    const both = [target('east', 5_000), target('west', 5_000)];
    expect(drawn(serverOf({ routing: { kind: 'failover', clusters: ['west'] }, targets: both }), 5)).toEqual({
      west: 5,
    });
    const server = serverOf({ routing: { kind: 'failover', clusters: ['west'] }, targets: both, down: ['west'] });
    expect(drawn(server, 5)).toEqual({ east: 5 });
  });
});

describe('geo', () => {
  const routing: TrafficRouting = {
    kind: 'geo',
    regions: [
      { name: 'eu', clusters: ['east', 'north'] },
      { name: 'us', clusters: ['west'] },
    ],
    draw: STRATIFIED,
  };
  const targets = [target('east', 6_000), target('north', 2_000), target('south', 1_000), target('west', 1_000)];
  const [EU, US, UNKNOWN, UNUSED] = ['10.1.2.3', '10.2.2.3', '192.0.2.1', '10.3.0.1'];

  it("answers with the clusters of the client's region, by their shares", () => {
    const server = serverOf({ routing, targets });
    expect(drawn(server, 100, { from: EU })).toEqual({ east: 75, north: 25 });
    expect(drawn(server, 100, { from: '2001:db8:1::9' })).toEqual({ east: 75, north: 25 });
    expect(drawn(server, 10, { from: US })).toEqual({ west: 10 });
  });

  it.each([
    ['clients of no region', UNKNOWN],
    ['clients of a region without clusters', UNUSED],
  ])('answers %s with all clusters by share', (_name, from) => {
    expect(drawn(serverOf({ routing, targets }), 100, { from })).toEqual({ east: 60, north: 20, south: 10, west: 10 });
  });

  it('draws in each region apart', () => {
    const server = serverOf({ routing, targets });
    const counts = { east: 0, north: 0 };
    for (let turn = 0; turn < 40; turn += 1) {
      for (const [cluster, count] of Object.entries(drawn(server, 1, { from: EU }))) counts[cluster as 'east'] += count;
      drawn(server, 3, { from: UNKNOWN });
    }
    expect(counts).toEqual({ east: 30, north: 10 });
  });

  it('goes elsewhere when a region has nothing healthy, and comes back', () => {
    const server = serverOf({ routing, targets, down: ['west'] });
    expect(drawn(server, 90, { from: US })).toEqual({ east: 60, north: 20, south: 10 });
    expect(drawn(server, 10, { from: EU })).not.toHaveProperty('west');
    server.tree.apply(anUpdate([hostOf({ routing, targets })]));
    expect(drawn(server, 10, { from: US })).toEqual({ west: 10 });
    const half = serverOf({ routing, targets, down: ['east'] });
    expect(drawn(half, 10, { from: EU })).toEqual({ north: 10 });
  });

  it('goes elsewhere for a family that the region has not', () => {
    const only4 = targets.map((one) => (one.cluster === 'west' ? target('west', 1_000, ['127.0.0.14']) : one));
    const server = serverOf({ routing, targets: only4 });
    expect(drawn(server, 10, { from: US })).toEqual({ west: 10 });
    expect(Object.keys(drawn(server, 90, { from: US, type: AAAA })).sort()).toEqual(['east', 'north', 'south']);
  });

  it('goes by the subnet that a resolver asks for', () => {
    const options = anOption(OPTION.ECS, Buffer.from([0, 1, 16, 0, 10, 2]));
    const { respond } = serverOf({ routing, targets });
    const { addresses } = read(respond(aQuery(HOST, { additionals: [anOpt({ options })] }), 'udp', EU));
    expect(addresses).toEqual(['127.0.0.14']);
  });

  it('may be sticky inside a region', () => {
    const slots = targets.map(({ cluster, share }) => ({ cluster, count: share }));
    const server = serverOf({ routing: { ...routing, draw: { kind: 'sticky', slots } }, targets });
    const answers = Array.from({ length: 100 }, (_value, index) => drawn(server, 3, { from: `10.1.${index}.1` }));
    expect(answers.every((one) => Object.keys(one).length === 1)).toBe(true);
    expect(new Set(answers.flatMap((one) => Object.keys(one)))).toEqual(new Set(['east', 'north']));
  });
});
