import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SlotRange } from '../../../src/plan/global-ingress.ts';
import { assignSlots } from '../../../src/plan/slots.ts';

type Shares = Readonly<Record<string, number>>;

const CLUSTERS = ['east', 'north', 'south', 'up', 'west'];

/** Cuts 10,000 at random places: some clusters get much, some nothing, some are not listed. */
const someShares: fc.Arbitrary<Shares> = fc
  .uniqueArray(fc.constantFrom(...CLUSTERS), { minLength: 1, maxLength: CLUSTERS.length })
  .chain((clusters) =>
    fc.array(fc.nat(10_000), { minLength: clusters.length - 1, maxLength: clusters.length - 1 }).map((cuts) => {
      const ends = [...cuts.toSorted((a, b) => a - b), 10_000];
      return Object.fromEntries(
        clusters.map((cluster, index) => [cluster, (ends[index] ?? 0) - (ends[index - 1] ?? 0)]),
      );
    }),
  );

/** Who has each of the 10,000 slots. */
function owners(runs: readonly SlotRange[]): readonly string[] {
  return runs.flatMap(({ cluster, count }) => Array.from({ length: count }, () => cluster));
}

function countsOf(runs: readonly SlotRange[]): Shares {
  const counts: Record<string, number> = {};
  for (const { cluster, count } of runs) counts[cluster] = (counts[cluster] ?? 0) + count;
  return counts;
}

function withoutZeros(shares: Shares): Shares {
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
}

function expectFewestMoves(before: readonly SlotRange[], after: readonly SlotRange[], shares: Shares): void {
  const [then, now, had] = [owners(before), owners(after), countsOf(before)];
  const left = then.filter((owner, slot) => owner !== now[slot]);
  const distance = CLUSTERS.reduce((sum, one) => sum + Math.abs((shares[one] ?? 0) - (had[one] ?? 0)), 0);
  expect(left.length).toBe(distance / 2);
  const grown = CLUSTERS.filter((one) => (shares[one] ?? 0) >= (had[one] ?? 0));
  expect(left.filter((owner) => grown.includes(owner))).toEqual([]);
}

describe('assignSlots', () => {
  it('gives each cluster one run at first', () => {
    expect(assignSlots(undefined, { east: 9_000, north: 0, west: 1_000 })).toEqual([
      { cluster: 'east', count: 9_000 },
      { cluster: 'west', count: 1_000 },
    ]);
  });

  it('moves the border between two clusters, there and back', () => {
    const canary = assignSlots(assignSlots(undefined, { east: 9_000, west: 1_000 }), { east: 8_000, west: 2_000 });
    expect(canary).toEqual([
      { cluster: 'east', count: 8_000 },
      { cluster: 'west', count: 2_000 },
    ]);
    expect(assignSlots(canary, { east: 10_000, west: 0 })).toEqual([{ cluster: 'east', count: 10_000 }]);
  });

  it('begins anew from slots that are not all there, and has none when nothing serves', () => {
    expect(assignSlots([{ cluster: 'west', count: 9_999 }], { east: 10_000 })).toEqual([
      { cluster: 'east', count: 10_000 },
    ]);
    expect(assignSlots([{ cluster: 'west', count: 10_000 }], {})).toEqual([]);
  });

  it('moves as few slots as can be, none from a cluster that grows or stays, whatever shares follow on shares', () => {
    fc.assert(
      fc.property(fc.array(someShares, { minLength: 2, maxLength: 30 }), (sequence) => {
        let before: readonly SlotRange[] | undefined;
        for (const shares of sequence) {
          const after = assignSlots(before, shares);
          expect(countsOf(after)).toEqual(withoutZeros(shares));
          if (before) expectFewestMoves(before, after, shares);
          expect(after.every(({ cluster }, index) => cluster !== after[index + 1]?.cluster)).toBe(true);
          expect(assignSlots(before, shares)).toEqual(after);
          before = after;
        }
      }),
    );
  });

  it('stays in few runs, also after thousands of small changes', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(99)), (numbers) => {
        const next = (limit: number): number => Number(numbers.next().value) % limit;
        const shares: Record<string, number> = Object.fromEntries(CLUSTERS.map((cluster) => [cluster, 2_000]));
        let runs = assignSlots(undefined, shares);
        for (let change = 0; change < 2_000; change += 1) {
          const [from, to] = [CLUSTERS[next(5)] ?? '', CLUSTERS[next(5)] ?? ''];
          const count = Math.min(shares[from] ?? 0, 1 + next(40));
          shares[from] = (shares[from] ?? 0) - count;
          shares[to] = (shares[to] ?? 0) + count;
          runs = assignSlots(runs, shares);
        }
        expect(runs.length).toBeLessThanOrEqual(CLUSTERS.length ** 2);
      }),
      { numRuns: 5 },
    );
  });
});
