import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { allocationOf, clusterShares, shares, sharesOf } from '../../../src/plan/shares.ts';
import type { Allocation, Shares } from '../../../src/plan/types.ts';
import type { Backend } from '../../../src/spec/types.ts';
import { aBackend, NOTHING, v1, v1Id, v2, v2Id } from './builders.ts';

const CLUSTERS = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

/** One to seven backends in clusters of their own, not all of weight 0; services differ, so that sides overlap in part. */
const backends: fc.Arbitrary<readonly Backend[]> = fc
  .uniqueArray(
    fc.record({
      cluster: fc.constantFrom(...CLUSTERS),
      service: fc.constantFrom('a', 'b'),
      weight: fc.oneof(fc.constantFrom(0, 1), fc.nat({ max: 100 }), fc.nat({ max: 1_000_000 })),
    }),
    { minLength: 1, maxLength: 7, selector: ({ cluster }) => cluster },
  )
  .filter((list) => list.some(({ weight }) => weight > 0))
  .map((list) => list.map((each, index) => aBackend({ ...each, name: `b${index}` })));
const allocation: fc.Arbitrary<Allocation> = backends.map(allocationOf);
const progress = fc.integer({ min: 0, max: 100 });

function total(parts: Shares): number {
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}

describe('sharesOf', () => {
  it.each([
    [[1], [10_000]],
    [
      [1, 1, 1],
      [3_334, 3_333, 3_333],
    ],
    [
      [0, 100],
      [0, 10_000],
    ],
    [
      [1, 999_999],
      [0, 10_000],
    ],
    [
      [1, 2],
      [3_333, 6_667],
    ],
    [
      [90, 10],
      [9_000, 1_000],
    ],
  ])('gives the weights %j the shares %j', (weights, expected) => {
    const list = weights.map((weight, index) => aBackend({ cluster: `c${index}`, weight }));
    const parts = sharesOf(list);
    expect(list.map((backend) => parts[backendId(backend)])).toEqual(expected);
  });

  it('sums to 10,000 and is within one basis point of the exact part', () => {
    fc.assert(
      fc.property(backends, (list) => {
        const parts = sharesOf(list);
        const weights = list.reduce((sum, { weight }) => sum + weight, 0);
        expect(total(parts)).toBe(10_000);
        for (const backend of list) {
          const exact = (backend.weight / weights) * 10_000;
          expect(Math.abs((parts[backendId(backend)] ?? -1) - exact)).toBeLessThan(1);
        }
      }),
    );
  });

  it('gives what is left over to the first id among equals', () => {
    const list = ['c2', 'c1', 'c0'].map((cluster) => aBackend({ cluster, weight: 1 }));
    expect(list.map((backend) => sharesOf(list)[backendId(backend)])).toEqual([3_333, 3_333, 3_334]);
  });

  it('does not depend on the order of the backends', () => {
    const shuffled = backends.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(sharesOf(other)).toEqual(sharesOf(list));
      }),
    );
  });
});

describe('shares', () => {
  it('moves a canary from one backend to another', () => {
    const at = (percent: number) => shares(allocationOf([v1]), allocationOf([v2]), percent);
    expect(at(0)).toEqual({ [v1Id]: 10_000 });
    expect(at(10)).toEqual({ [v1Id]: 9_000, [v2Id]: 1_000 });
    expect(at(50)).toEqual({ [v1Id]: 5_000, [v2Id]: 5_000 });
    expect(at(100)).toEqual({ [v2Id]: 10_000 });
  });

  it('is desired at any progress when nothing is live', () => {
    fc.assert(
      fc.property(allocation, progress, (to, p) => {
        expect(shares(NOTHING, to, p)).toEqual(to.shares);
      }),
    );
  });

  it('is live at 0 and desired at 100', () => {
    fc.assert(
      fc.property(allocation, allocation, (from, to) => {
        expect(shares(from, to, 0)).toEqual(from.shares);
        expect(shares(from, to, 100)).toEqual(to.shares);
      }),
    );
  });

  it('sums to 10,000 at every progress, in whole numbers that are not negative', () => {
    fc.assert(
      fc.property(allocation, allocation, progress, (from, to, p) => {
        const parts = shares(from, to, p);
        expect(total(parts)).toBe(10_000);
        expect(Object.values(parts).every((part) => Number.isInteger(part) && part >= 0)).toBe(true);
      }),
    );
  });

  it('moves each backend from its live to its desired share and never back, but for one basis point of rounding', () => {
    fc.assert(
      fc.property(allocation, allocation, fc.tuple(progress, progress), (from, to, [p, q]) => {
        const [before, after] = [shares(from, to, Math.min(p, q)), shares(from, to, Math.max(p, q))];
        for (const backend of [...from.backends, ...to.backends]) {
          const id = backendId(backend);
          const way = (to.shares[id] ?? 0) - (from.shares[id] ?? 0);
          const moved = (after[id] ?? 0) - (before[id] ?? 0);
          expect(moved * Math.sign(way)).toBeGreaterThanOrEqual(-1);
        }
      }),
    );
  });

  it('gives nothing to a backend that has nothing on either side', () => {
    fc.assert(
      fc.property(allocation, allocation, progress, (from, to, p) => {
        const parts = shares(from, to, p);
        for (const backend of [...from.backends, ...to.backends]) {
          const id = backendId(backend);
          if ((from.shares[id] ?? 0) === 0 && (to.shares[id] ?? 0) === 0) expect(parts[id] ?? 0).toBe(0);
        }
      }),
    );
  });

  it('does not move at all between equal shares', () => {
    fc.assert(
      fc.property(allocation, progress, (each, p) => {
        expect(shares(each, each, p)).toEqual(each.shares);
      }),
    );
  });

  it.each([-1, 101, 0.5, Number.NaN])('has no progress of %d', (percent) => {
    expect(() => shares(allocationOf([v1]), allocationOf([v2]), percent)).toThrow(RangeError);
  });
});

describe('clusterShares', () => {
  it('adds up the backends of a cluster and keeps clusters without traffic', () => {
    const list = [
      aBackend({ cluster: 'west', service: 'a', weight: 1 }),
      aBackend({ cluster: 'west', service: 'b', weight: 2 }),
      aBackend({ cluster: 'north', weight: 0 }),
      aBackend({ cluster: 'east', weight: 1 }),
    ];
    const sums = clusterShares(allocationOf(list));
    expect(sums).toEqual({ east: 2_500, north: 0, west: 7_500 });
    expect(Object.keys(sums)).toEqual(['east', 'north', 'west']);
  });

  it('sums to 10,000', () => {
    fc.assert(
      fc.property(allocation, (each) => {
        expect(total(clusterShares(each))).toBe(10_000);
      }),
    );
  });
});
