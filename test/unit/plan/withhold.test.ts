import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { allocationOf, clusterShares } from '../../../src/plan/shares.ts';
import { canWithhold, leaveFailed, withhold } from '../../../src/plan/withhold.ts';
import { allocations, someClusters, total } from './arbitraries.ts';
import { aBackend, NOTHING } from './builders.ts';

/** A backend in each cluster, with these weights. */
function over(weights: Readonly<Record<string, number>>, service = 'shop') {
  return allocationOf(
    Object.entries(weights).map(([cluster, weight]) => aBackend({ cluster, weight, service, name: cluster })),
  );
}

describe('withholding clusters', () => {
  it.each([
    ['in proportion', { east: 50, west: 30, north: 20 }, ['east'], { east: 0, west: 6_000, north: 4_000 }],
    [
      'equally when they have nothing',
      { east: 1, west: 0, north: 0 },
      ['east'],
      { east: 0, west: 5_000, north: 5_000 },
    ],
    ['several', { east: 50, west: 30, north: 20 }, ['east', 'north'], { east: 0, west: 10_000, north: 0 }],
    ['not at all when they are all', { east: 1, west: 1 }, ['east', 'west'], { east: 5_000, west: 5_000 }],
    ['not at all when it serves nowhere', { east: 1, west: 1 }, ['mars'], { east: 5_000, west: 5_000 }],
  ])('gives their share to the others: %s', (_how, weights, clusters, expected) => {
    expect(clusterShares(withhold(over(weights), clusters))).toEqual(expected);
  });

  it('gives them nothing, everybody else no less than before, and keeps all backends and 10,000', () => {
    fc.assert(
      fc.property(allocations, someClusters, (all, clusters) => {
        const result = withhold(all, clusters);
        expect(result.backends).toEqual(all.backends);
        expect(total(result.shares)).toBe(10_000);
        if (!canWithhold(all.backends, clusters)) expect(result).toEqual(all);
        if (!canWithhold(all.backends, clusters)) return;
        for (const backend of all.backends) {
          const [before, after] = [all.shares[backendId(backend)] ?? 0, result.shares[backendId(backend)] ?? 0];
          if (clusters.includes(backend.cluster)) expect(after).toBe(0);
          else expect(after).toBeGreaterThanOrEqual(before);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same however often it is done', () => {
    fc.assert(
      fc.property(allocations, someClusters, (all, clusters) => {
        const once = withhold(all, clusters);
        expect(withhold(once, clusters)).toEqual(once);
      }),
    );
  });
});

describe('leaving clusters that failed', () => {
  it('lets them keep what they have, and the others share the rest', () => {
    const result = leaveFailed(over({ east: 50, west: 50 }), over({ east: 20, west: 40, north: 40 }), ['east']);
    expect(clusterShares(result)).toEqual({ east: 5_000, west: 2_500, north: 2_500 });
  });

  it('gives the share of a new cluster that failed to the others that are wanted', () => {
    const result = leaveFailed(over({ east: 1 }), over({ west: 1, north: 3 }), ['north']);
    expect(clusterShares(result)).toEqual({ west: 10_000 });
  });

  it('keeps the old version where the new one failed', () => {
    const result = leaveFailed(over({ east: 1, west: 1 }), over({ east: 1, west: 1 }, 'shop-v2'), ['west']);
    expect(result.shares).toEqual({ 'east/default/shop-v2:80': 5_000, 'west/default/shop:80': 5_000 });
  });

  it('lets everything stay when nobody is left to take the traffic', () => {
    const result = leaveFailed(over({ east: 1 }), over({ west: 1 }), ['west']);
    expect(clusterShares(result)).toEqual({ east: 10_000 });
  });

  it('begins without them when nothing serves yet', () => {
    expect(clusterShares(leaveFailed(NOTHING, over({ east: 1, west: 1 }), ['west']))).toEqual({ east: 10_000 });
  });

  it('always sums to 10,000 over the backends that it lists', () => {
    fc.assert(
      fc.property(allocations, allocations, someClusters, (from, to, failed) => {
        const result = leaveFailed(from, to, failed);
        expect(total(result.shares)).toBe(10_000);
        expect(Object.keys(result.shares).sort()).toEqual(result.backends.map(backendId).sort());
        expect(new Set(result.backends.map(backendId)).size).toBe(result.backends.length);
      }),
      { numRuns: 1_000 },
    );
  });
});
