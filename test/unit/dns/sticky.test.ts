import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlotRange } from '../../../src/plan/global-ingress.ts';
import { assignSlots } from '../../../src/plan/slots.ts';
import type { Client } from '../../../src/planes/dns/client.ts';
import { stickyDraw } from '../../../src/planes/dns/draw/sticky.ts';

type Shares = Readonly<Record<string, number>>;

/** As hostnames have them: sorted by name, and only clusters with traffic are choices. */
function choicesOf(shares: Shares) {
  return Object.keys(shares)
    .sort()
    .map((cluster) => ({ cluster, share: shares[cluster] ?? 0 }))
    .filter(({ share }) => share > 0);
}

/** Which cluster a client gets. */
function drawing(shares: Shares, slots: readonly SlotRange[] = assignSlots(undefined, shares)) {
  const choices = choicesOf(shares);
  const draw = stickyDraw(choices, slots);
  return (client: Client) => choices[draw(client)]?.cluster;
}

/** The first three octets tell networks apart, the last one the hosts in them. */
const v4 = (octets: readonly [number, number, number, number], bits = 32): Client => ({
  family: 4,
  octets: Uint8Array.from(octets),
  bits,
});

function v6(network: number, host = 0): Client {
  const octets = new Uint8Array(16);
  new DataView(octets.buffer).setUint32(0, 0x2001_0db8);
  new DataView(octets.buffer).setUint32(3, network);
  octets[15] = host;
  return { family: 6, octets, bits: 128 };
}

const CLIENTS = 20_000;
/** Networks one beside the other, as providers give them out: the worst case for a hash. */
const IPV4 = Array.from({ length: CLIENTS }, (_value, index) => v4([10, index >> 8, index & 0xff, 7]));
const IPV6 = Array.from({ length: CLIENTS }, (_value, index) => v6(index));

function countOf<T>(values: readonly T[], wanted: T): number {
  return values.filter((value) => value === wanted).length;
}

/** Four standard deviations of a count. */
const tolerance = (part: number) => 4 * Math.sqrt(CLIENTS * part * (1 - part));

describe('a sticky draw', () => {
  it('gives a client the same cluster, and all of its network with it: /24 and /56', () => {
    const draw = drawing({ east: 5_000, west: 5_000 });
    for (let third = 0; third < 200; third += 1) {
      const first = draw(v4([198, 51, third, 1]));
      for (const last of [1, 2, 128, 255]) expect(draw(v4([198, 51, third, last]))).toBe(first);
      expect(draw(v4([198, 51, third, 0], 24))).toBe(first);
      expect(draw(v6(third, 1))).toBe(draw(v6(third, 255)));
    }
    expect(new Set(IPV4.slice(0, 200).map(draw)).size).toBe(2);
  });

  it('looks at known bits only: what is behind a short prefix counts for nothing', () => {
    const draw = drawing({ east: 5_000, west: 5_000 });
    for (let second = 0; second < 100; second += 1) {
      const first = draw(v4([10, second, 0, 0], 16));
      for (const third of [0, 1, 77, 255]) expect(draw(v4([10, second, third, 9], 16))).toBe(first);
    }
    expect(draw(v4([10, 0b1010_0000, 0, 0], 11))).toBe(draw(v4([10, 0b1011_1111, 0, 0], 11)));
  });

  it('is the same on every server, whatever it has seen before', () => {
    const shares = { east: 6_000, north: 3_000, west: 1_000 };
    const [one, other] = [drawing(shares), drawing(shares)];
    IPV4.forEach((client) => one(client));
    for (const client of IPV4.slice(0, 500)) expect(other(client)).toBe(one(client));
  });

  it.each([
    ['IPv4', IPV4],
    ['IPv6', IPV6],
  ])('meets the shares over 20,000 networks of %s, within four standard deviations', (_name, clients) => {
    for (const shares of [
      { east: 9_000, west: 1_000 },
      { east: 100, west: 9_900 },
      { east: 5_000, north: 3_000, west: 2_000 },
    ]) {
      const drawn = clients.map(drawing(shares));
      for (const [cluster, share] of Object.entries<number>(shares)) {
        const part = share / 10_000;
        expect(
          Math.abs(countOf(drawn, cluster) - CLIENTS * part),
          `${cluster} of ${JSON.stringify(shares)}`,
        ).toBeLessThan(tolerance(part));
      }
    }
  });

  it('moves one client in ten from 10 to 20 per cent, and none back', () => {
    const slots = assignSlots(undefined, { east: 9_000, west: 1_000 });
    const shares = { east: 8_000, west: 2_000 };
    const [before, after] = [
      IPV4.map(drawing({ east: 9_000, west: 1_000 }, slots)),
      IPV4.map(drawing(shares, assignSlots(slots, shares))),
    ];
    const moved = before.flatMap((cluster, index) => (cluster === after[index] ? [] : [cluster]));
    expect(new Set(moved)).toEqual(new Set(['east']));
    expect(Math.abs(moved.length - CLIENTS / 10)).toBeLessThan(tolerance(0.1));
  });
});

const CLUSTERS = ['east', 'north', 'south', 'west'];

/** Shares that sum to 10,000, some of them 0. */
const someShares: fc.Arbitrary<Shares> = fc
  .array(fc.nat(10_000), { minLength: CLUSTERS.length - 1, maxLength: CLUSTERS.length - 1 })
  .map((cuts) => {
    const ends = [...cuts.toSorted((left, right) => left - right), 10_000];
    return Object.fromEntries(CLUSTERS.map((cluster, index) => [cluster, (ends[index] ?? 0) - (ends[index - 1] ?? 0)]));
  });

/** Clusters that some of these clients leave, and how many do. */
function leaving(clients: readonly Client[], before: (client: Client) => unknown, after: (client: Client) => unknown) {
  const left = clients.map(before).filter((cluster, index) => cluster !== after(clients[index] ?? v4([0, 0, 0, 0])));
  return { clusters: new Set(left), count: left.length };
}

describe('a sticky draw, whatever shares follow on shares', () => {
  const clients = [...IPV4.slice(0, 300), ...IPV6.slice(0, 200)];

  it('keeps each client whose slot stays: none leaves a cluster that grows or keeps its share', () => {
    fc.assert(
      fc.property(fc.array(someShares, { minLength: 2, maxLength: 8 }), (sequence) => {
        let slots = assignSlots(undefined, sequence[0] ?? {});
        sequence.slice(1).forEach((shares, index) => {
          const old = sequence[index] ?? {};
          const next = assignSlots(slots, shares);
          const { clusters } = leaving(clients, drawing(old, slots), drawing(shares, next));
          const shrunk = CLUSTERS.filter((cluster) => (shares[cluster] ?? 0) < (old[cluster] ?? 0));
          expect(shrunk).toEqual(expect.arrayContaining([...clusters]));
          slots = next;
        });
      }),
      { numRuns: 150 },
    );
  });

  it('gives back to each client what it had, when the same slots come back', () => {
    fc.assert(
      fc.property(someShares, fc.constantFrom(...CLUSTERS), (shares, down) => {
        const slots = assignSlots(undefined, shares);
        const healthy = drawing(shares, slots);
        const others = { ...shares, [down]: 0 };
        fc.pre(choicesOf(others).length > 0);
        const without = drawing(others, slots);
        // Only the clients of the cluster that is down go elsewhere, and always to the same place.
        const { clusters } = leaving(clients, healthy, without);
        expect([down]).toEqual(expect.arrayContaining([...clusters]));
        expect(clients.map(drawing(others, slots))).toEqual(clients.map(without));
      }),
      { numRuns: 100 },
    );
  });

  it('spreads the clients of a cluster that is down over the others by their shares', () => {
    const shares = { east: 6_000, north: 3_000, west: 1_000 };
    const slots = assignSlots(undefined, shares);
    const without = drawing({ north: 3_000, west: 1_000 }, slots);
    const healthy = drawing(shares, slots);
    const itsClients = IPV4.filter((client) => healthy(client) === 'east');
    const north = countOf(itsClients.map(without), 'north');
    expect(Math.abs(north - itsClients.length * 0.75)).toBeLessThan(4 * Math.sqrt(itsClients.length * 0.75 * 0.25));
  });

  it('goes by share where it has no slots', () => {
    const draw = drawing({ east: 7_500, west: 2_500 }, []);
    expect(Math.abs(countOf(IPV4.map(draw), 'west') - CLIENTS / 4)).toBeLessThan(tolerance(0.25));
  });
});
