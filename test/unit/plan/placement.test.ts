import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from '../../../src/plan/placement.ts';
import type { Backend, FederatedIngress, Placement, RegisteredLabels } from '../../../src/spec/types.ts';
import { aBackend, aSpec, v1 } from './builders.ts';

function aPlacement(changes: Partial<Placement> = {}): Placement {
  const { namespace, routes } = v1;
  const selector = { matchLabels: {}, matchExpressions: [] };
  return { name: 'web', selector, namespace, routes, weight: 10, clusterWeights: [], ...changes };
}

function aPlacedSpec(changes: Partial<Placement> = {}, backends: readonly Backend[] = []): FederatedIngress {
  return aSpec({ backends, placements: [aPlacement(changes)] });
}

const clustersOf = (backends: readonly Backend[]) => backends.map(({ cluster }) => cluster);
const placed = (spec: FederatedIngress, clusters: readonly RegisteredLabels[], current: readonly Backend[] = []) =>
  clustersOf(place(spec, clusters, current).backends);

const east = { name: 'east', labels: { region: 'eu', size: 'big' } };
const south = { name: 'south', labels: { region: 'eu' } };
const west = { name: 'west', labels: { region: 'us' } };
const north = { name: 'north', labels: {} };
const all = [west, south, north, east];

describe('place', () => {
  it('adds a backend for each selected cluster, in order of their names, after those that name theirs', () => {
    const spec = aPlacedSpec({ selector: { matchLabels: { region: 'eu' }, matchExpressions: [] } }, [v1]);
    expect(place(spec, all, []).backends).toEqual([
      v1,
      { ...v1, name: 'web-east', placement: 'web', weight: 10 },
      { ...v1, name: 'web-south', cluster: 'south', placement: 'web', weight: 10 },
    ]);
  });

  it('gives a cluster the weight of the first labels that it has', () => {
    const clusterWeights = [
      { matchLabels: { size: 'big', region: 'us' }, weight: 99 },
      { matchLabels: { size: 'big' }, weight: 30 },
      { matchLabels: { region: 'eu' }, weight: 20 },
    ];
    const { backends } = place(aPlacedSpec({ clusterWeights }), all, []);
    expect(backends.map(({ cluster, weight }) => [cluster, weight])).toEqual([
      ['east', 30],
      ['north', 10],
      ['south', 20],
      ['west', 10],
    ]);
  });

  it('replaces what an earlier placement came to, and nothing else', () => {
    const once = place(aPlacedSpec({}, [v1]), all, []);
    expect(placed(once, [west])).toEqual(['east', 'west']);
  });

  it('spreads over the values of a label, where clusters without it count as one value', () => {
    expect(placed(aPlacedSpec({ spread: { by: 'region', maxClusters: 3 } }), all)).toEqual(['east', 'north', 'west']);
    expect(placed(aPlacedSpec({ spread: { by: 'region', maxClusters: 2 } }), all)).toEqual(['east', 'north']);
  });

  it('keeps clusters that have a backend, by its placement or because it is the same one', () => {
    const spec = aPlacedSpec({ spread: { maxClusters: 1 } });
    expect(placed(spec, all)).toEqual(['east']);
    expect(
      placed(spec, all, [aBackend({ name: 'web-south', cluster: 'south', placement: 'web', service: 'old' })]),
    ).toEqual(['south']);
    expect(placed(spec, all, [aBackend({ name: 'by-hand', cluster: 'west' })])).toEqual(['west']);
    expect(placed(spec, all, [aBackend({ name: 'other', cluster: 'west', service: 'other' })])).toEqual(['east']);
  });
});

it('lets a cluster that joins wait when the spread is full and as even as it can be', () => {
  const spec = aPlacedSpec({ spread: { by: 'region', maxClusters: 1 } });
  const now = place(spec, [west], []);
  expect(placed(now, [west, east], now.backends)).toEqual(['west']);
  const three = aPlacedSpec({ spread: { by: 'region', maxClusters: 3 } });
  const oregon = { name: 'oregon', labels: { region: 'us' } };
  const before = place(three, [east, west, oregon], []);
  expect(placed(before, [east, south, west, oregon], before.backends)).toEqual(['east', 'oregon', 'west']);
});

const REGIONS = ['eu', 'us', 'asia', undefined] as const;

const world = fc.record({
  regions: fc.array(fc.constantFrom(...REGIONS), { minLength: 1, maxLength: 9 }),
  inSelection: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
  maxClusters: fc.integer({ min: 1, max: 6 }),
});

const flip = fc.record({
  index: fc.nat(8),
  region: fc.constantFrom(...REGIONS),
  isIn: fc.boolean(),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function clustersIn({ regions, inSelection }: Pick<World, 'regions' | 'inSelection'>): readonly RegisteredLabels[] {
  return regions.map((region, index) => ({
    name: `c${index}`,
    labels: { ...(region === undefined ? {} : { region }), ...(inSelection[index] ? { on: 'yes' } : {}) },
  }));
}

function spreadSpec(maxClusters: number): FederatedIngress {
  const selector = { matchLabels: { on: 'yes' }, matchExpressions: [] };
  return aPlacedSpec({ selector, spread: { by: 'region', maxClusters } });
}

function countsByRegion(clusters: readonly RegisteredLabels[], names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, labels } of clusters) {
    if (!('on' in labels)) continue;
    const region = labels['region'] ?? '';
    counts.set(region, (counts.get(region) ?? 0) + Number(names.includes(name)));
  }
  return counts;
}

describe('a spread', () => {
  it('never has more clusters than its limit, uses it up, and is even within 1 where a value has clusters left', () => {
    fc.assert(
      fc.property(world, (here) => {
        const clusters = clustersIn(here);
        const selected = clusters.filter(({ labels }) => 'on' in labels);
        const names = placed(spreadSpec(here.maxClusters), clusters);
        expect(names).toHaveLength(Math.min(here.maxClusters, selected.length));
        const counts = countsByRegion(clusters, names);
        const most = Math.max(0, ...counts.values());
        for (const [region, count] of counts) {
          const size = selected.filter(({ labels }) => (labels['region'] ?? '') === region).length;
          if (count < size) expect(most - count).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('is the same in whatever order clusters come, and stays when nothing changes', () => {
    fc.assert(
      fc.property(world, fc.nat(8), (here, by) => {
        const clusters = clustersIn(here);
        const spec = spreadSpec(here.maxClusters);
        const first = place(spec, clusters, []);
        expect(placed(spec, [...clusters.slice(by), ...clusters.slice(0, by)])).toEqual(clustersOf(first.backends));
        expect(place(first, clusters, first.backends)).toEqual(first);
      }),
    );
  });

  it('changes only the cluster whose labels change, and at most one other that takes its part or gives it up', () => {
    fc.assert(
      fc.property(world, fc.array(flip, { minLength: 1, maxLength: 8 }), (here, flips) => {
        const spec = spreadSpec(here.maxClusters);
        let now = place(spec, clustersIn(here), []);
        const state = { regions: [...here.regions], inSelection: [...here.inSelection] };
        for (const { index, region, isIn } of flips) {
          const changed = index % state.regions.length;
          state.regions[changed] = region;
          state.inSelection[changed] = isIn;
          const next = place(now, clustersIn(state), now.backends);
          const [before, after] = [clustersOf(now.backends), clustersOf(next.backends)].map((names) => {
            return names.filter((name) => name !== `c${changed}`);
          }) as [string[], string[]]; // two in, two out
          expect(after.filter((name) => !before.includes(name)).length).toBeLessThanOrEqual(1);
          expect(before.filter((name) => !after.includes(name)).length).toBeLessThanOrEqual(1);
          now = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds exactly one substitute for a cluster that leaves, when there is one', () => {
    fc.assert(
      fc.property(world, fc.nat(8), (here, which) => {
        const spec = spreadSpec(here.maxClusters);
        const now = place(spec, clustersIn(here), []);
        const leaving = now.backends[which % Math.max(1, now.backends.length)];
        if (leaving === undefined) return;
        const clusters = clustersIn(here).filter(({ name }) => name !== leaving.cluster);
        const left = clusters.filter(({ labels }) => 'on' in labels).length;
        const after = placed(now, clusters, now.backends);
        const [stay, come] = [true, false].map((isOld) => {
          return after.filter((name) => clustersOf(now.backends).includes(name) === isOld).length;
        });
        expect([stay, come]).toEqual([now.backends.length - 1, left >= now.backends.length ? 1 : 0]);
      }),
    );
  });
});
