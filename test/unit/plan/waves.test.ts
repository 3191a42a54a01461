import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { allocationOf, clusterShares, shares, unionBackends } from '../../../src/plan/shares.ts';
import type { Allocation, Shares } from '../../../src/plan/types.ts';
import { type Progress, sharesAt, sharesOnTheWay } from '../../../src/plan/waves.ts';
import { allocations, CLUSTERS, percents, someClusters, total } from './arbitraries.ts';
import { aBackend, NOTHING, v1, v1Id, v2, v2Id } from './builders.ts';

const progresses: fc.Arbitrary<Progress> = fc
  .tuple(...CLUSTERS.map(() => fc.oneof(fc.constantFrom(0, 100), percents)))
  .map((all) => Object.fromEntries(all.map((percent, index) => [CLUSTERS[index] ?? '', percent])));

const everywhere = (percent: number): Progress => Object.fromEntries(CLUSTERS.map((cluster) => [cluster, percent]));

/** One backend of each version in each cluster, with these weights; `next` is what follows on `old`. */
const old = (weights: Readonly<Record<string, number>>) => version('old', weights);
const next = (weights: Readonly<Record<string, number>>) => version('next', weights);

function version(service: string, weights: Readonly<Record<string, number>>): Allocation {
  return allocationOf(
    Object.entries(weights).map(([cluster, weight]) => aBackend({ cluster, service, weight, name: service })),
  );
}

/** Shares as `cluster service`, those of 0 left out. */
function shown(parts: Shares): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(parts)
      .filter(([, part]) => part > 0)
      .map(([id, part]) => [id.replace('/default/', ' ').replace(':80', ''), part]),
  );
}

describe('shares in waves', () => {
  it('moves a new version cluster by cluster, and nobody else', () => {
    const [from, to] = [old({ east: 1, west: 1 }), next({ east: 1, west: 1 })];
    expect(shown(sharesAt(from, to, { east: 40 }))).toEqual({
      'east old': 3_000,
      'east next': 2_000,
      'west old': 5_000,
    });
    expect(shown(sharesAt(from, to, { east: 100 }))).toEqual({ 'east next': 5_000, 'west old': 5_000 });
    expect(shown(sharesAt(from, to, { east: 100, west: 100 }))).toEqual({ 'east next': 5_000, 'west next': 5_000 });
  });

  it('takes what a new cluster gets from clusters that no step has named', () => {
    const at = (west: number) => sharesAt(allocationOf([v1]), allocationOf([v2]), { west });
    expect(at(25)).toEqual({ [v1Id]: 7_500, [v2Id]: 2_500 });
    expect(at(100)).toEqual({ [v1Id]: 0, [v2Id]: 10_000 });
  });

  it('takes it in proportion to what they have', () => {
    const from = old({ east: 60, west: 30, north: 10 });
    const to = old({ east: 30, west: 15, north: 55 });
    // North goes 20 % of its way, to 19 %; the others come down from 90 to 81, two to one.
    expect(shown(sharesAt(from, to, { north: 20 }))).toEqual({
      'east old': 5_400,
      'west old': 2_700,
      'north old': 1_900,
    });
  });

  it('gives them what a cluster loses before the others have come up', () => {
    const [from, to] = [old({ east: 50, west: 50 }), old({ east: 10, west: 90 })];
    expect(shown(sharesAt(from, to, { east: 50 }))).toEqual({ 'east old': 3_000, 'west old': 7_000 });
  });

  it('scales all that move when nobody rests who could take the difference', () => {
    const [from, to] = [old({ east: 100 }), next({ west: 50, north: 50 })];
    // 50 % of west's 5,000 and 25 % of north's leave 0 of 100 % to east, which has gone already.
    expect(shown(sharesAt(from, to, { east: 100, west: 50, north: 25 }))).toEqual({
      'north next': 3_333,
      'west next': 6_667,
    });
  });

  it('takes no more from clusters than they have', () => {
    const [from, to] = [old({ east: 80, west: 20 }), old({ east: 80, west: 10, north: 10, south: 10 })];
    const parts = sharesAt(from, to, { north: 100, south: 100, east: 10 });
    expect(total(parts)).toBe(10_000);
    expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
  });

  it('are the shares of the whole when all clusters are equally far', () => {
    fc.assert(
      fc.property(allocations, allocations, percents, (from, to, percent) => {
        expect(sharesAt(from, to, everywhere(percent))).toEqual(shares(from, to, percent));
      }),
    );
  });

  it('sum to 10,000 however far each cluster is, in whole numbers that are not negative', () => {
    fc.assert(
      fc.property(allocations, allocations, progresses, (from, to, progress) => {
        const parts = sharesAt(from, to, progress);
        expect(total(parts)).toBe(10_000);
        expect(Object.values(parts).every((part) => Number.isInteger(part) && part >= 0)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are those wanted when all clusters have arrived, and those before when none has begun', () => {
    fc.assert(
      fc.property(allocations, allocations, (from, to) => {
        expect(sharesAt(from, to, everywhere(100))).toEqual(to.shares);
        expect(sharesAt(from, to, {})).toEqual(from.shares);
      }),
    );
  });

  it('do not depend on the order in which backends are listed', () => {
    fc.assert(
      fc.property(allocations, allocations, progresses, (from, to, progress) => {
        const turned = (each: Allocation) => ({ ...each, backends: each.backends.toReversed() });
        expect(sharesAt(turned(from), turned(to), progress)).toEqual(sharesAt(from, to, progress));
      }),
    );
  });

  it('give nothing to a backend that has nothing on either side', () => {
    fc.assert(
      fc.property(allocations, allocations, progresses, (from, to, progress) => {
        const parts = sharesAt(from, to, progress);
        for (const backend of unionBackends(from, to)) {
          const id = backendId(backend);
          if ((from.shares[id] ?? 0) === 0 && (to.shares[id] ?? 0) === 0) expect(parts[id] ?? 0).toBe(0);
        }
      }),
    );
  });

  it('are those wanted when nothing is live', () => {
    fc.assert(
      fc.property(allocations, progresses, (to, progress) => {
        expect(sharesAt(NOTHING, to, progress)).toEqual(to.shares);
      }),
    );
  });

  it.each([-1, 101, 0.5, Number.NaN])('have no progress of %d', (percent) => {
    expect(() => sharesAt(allocationOf([v1]), allocationOf([v2]), { west: percent })).toThrow(RangeError);
  });
});

describe('shares around clusters that stay', () => {
  it('leave those exactly what they have, and sum to 10,000', () => {
    fc.assert(
      fc.property(allocations, allocations, progresses, someClusters, (live, desired, progress, fixed) => {
        const parts = sharesOnTheWay({ live, desired, progress, fixed });
        expect(total(parts)).toBe(10_000);
        const before = clusterShares(live);
        const after = clusterShares({ backends: unionBackends(live, desired), shares: parts });
        for (const cluster of fixed) expect(after[cluster] ?? 0).toBe(before[cluster] ?? 0);
      }),
      { numRuns: 1_000 },
    );
  });
});
