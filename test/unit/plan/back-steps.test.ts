import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bounds,
  backStepText,
  boundedBack,
  boundedBackends,
  boundsOf,
  heldBackText,
  isWorthwhile,
} from '../../../src/plan/back-steps.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import { allocationOf, unionBackends } from '../../../src/plan/shares.ts';
import type { Allocation, BackendId, Shares } from '../../../src/plan/types.ts';
import type { Backend } from '../../../src/spec/types.ts';
import { allocations, total } from './arbitraries.ts';
import { aBackend, NOTHING } from './builders.ts';

/** A way back between any two allocations, with any bounds for some of the backends. */
const ways = fc
  .tuple(allocations, allocations)
  .map(([from, to]) => ({ current: from, target: { backends: unionBackends(from, to), shares: to.shares } }))
  .chain((way) => fc.tuple(fc.constant(way), boundsFor(way.target), fc.nat({ max: 10_000 })));

function boundsFor({ backends }: Allocation): fc.Arbitrary<Bounds> {
  const bound = fc.option(fc.oneof(fc.constantFrom(0, 10_000), fc.nat({ max: 10_000 })), { nil: undefined });
  return fc
    .array(bound, { minLength: backends.length, maxLength: backends.length })
    .map((all) =>
      Object.fromEntries(backends.flatMap((one, i) => (all[i] === undefined ? [] : [[backendId(one), all[i]]]))),
    );
}

const share = (shares: Shares, id: BackendId): number => shares[id] ?? 0;

function everyBackend(backends: readonly Backend[], check: (id: BackendId) => void): void {
  for (const backend of backends) check(backendId(backend));
}

describe('going back within bounds', () => {
  it('gives everybody 10,000 in sum, and lists every backend', () => {
    fc.assert(
      fc.property(ways, ([way, bounds]) => {
        const next = boundedBack(way, bounds);
        expect(total(next.shares)).toBe(10_000);
        expect(next.backends).toEqual(way.target.backends);
      }),
      { numRuns: 1_000 },
    );
  });

  it('moves everybody towards the target and nobody past it', () => {
    fc.assert(
      fc.property(ways, ([way, bounds]) => {
        const next = boundedBack(way, bounds);
        everyBackend(way.target.backends, (id) => {
          const [from, to] = [share(way.current.shares, id), share(way.target.shares, id)];
          expect(share(next.shares, id)).toBeGreaterThanOrEqual(Math.min(from, to));
          expect(share(next.shares, id)).toBeLessThanOrEqual(Math.max(from, to));
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('lifts nobody above its bound, and takes from nobody who was above it already', () => {
    fc.assert(
      fc.property(ways, ([way, bounds]) => {
        const next = boundedBack(way, bounds);
        everyBackend(way.target.backends, (id) => {
          const [before, after] = [share(way.current.shares, id), share(next.shares, id)];
          if (after > before) expect(after).toBeLessThanOrEqual(bounds[id] ?? 10_000);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives each that gets traffic again all that its bound allows', () => {
    fc.assert(
      fc.property(ways, ([way, bounds]) => {
        const next = boundedBack(way, bounds);
        everyBackend(way.target.backends, (id) => {
          const [before, wanted] = [share(way.current.shares, id), share(way.target.shares, id)];
          if (wanted <= before) return;
          expect(share(next.shares, id)).toBe(Math.min(wanted, Math.max(before, bounds[id] ?? 10_000)));
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives nobody less when bounds are higher', () => {
    fc.assert(
      fc.property(ways, ([way, bounds, more]) => {
        const higher = Object.fromEntries(Object.entries(bounds).map(([id, bound]) => [id, bound + more]));
        const [low, high] = [boundedBack(way, bounds), boundedBack(way, higher)];
        everyBackend(way.target.backends, (id) => {
          if (share(way.target.shares, id) < share(way.current.shares, id)) return;
          expect(share(high.shares, id)).toBeGreaterThanOrEqual(share(low.shares, id));
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends at the target once bounds are full, on whatever way', () => {
    fc.assert(
      fc.property(ways, ([way, bounds]) => {
        const half = boundedBack(way, bounds);
        const end = boundedBack({ ...way, current: half }, way.target.shares);
        everyBackend(way.target.backends, (id) => expect(share(end.shares, id)).toBe(share(way.target.shares, id)));
        expect(isWorthwhile({ ...way, current: half }, end)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is all of it when nothing serves', () => {
    const target = allocationOf([aBackend()]);
    expect(boundedBack({ current: NOTHING, target }, {})).toEqual(target);
  });

  it('leaves what cannot be borne in the cluster where it is', () => {
    const old = ['east', 'west'].map((cluster) => aBackend({ cluster, name: `${cluster}-v1` }));
    const failing = ['east', 'west'].map((cluster) => aBackend({ cluster, name: `${cluster}-v2`, service: 'v2' }));
    const [eastOld, westOld, eastNew, westNew] = [...old, ...failing].map(backendId) as [
      BackendId,
      BackendId,
      BackendId,
      BackendId,
    ];
    const live = allocationOf(old);
    const current = allocationOf([...old, ...failing]);
    const next = boundedBack({ current, target: { ...live, backends: current.backends } }, { [eastOld]: 2_500 });
    expect(next.shares).toEqual({ [eastOld]: 2_500, [eastNew]: 2_500, [westOld]: 5_000, [westNew]: 0 });
  });
});

const v1 = aBackend({ name: 'v1' });
const v2 = aBackend({ name: 'v2', service: 'v2' });
const [V1, V2] = [backendId(v1), backendId(v2)];
const live = allocationOf([v1]);
const NAMES = { [V1]: 'v1', [V2]: 'v2' };

function aWay(v1Share: number, then: number | undefined) {
  return {
    current: { backends: [v1, v2], shares: { [V1]: v1Share, [V2]: 10_000 - v1Share } },
    target: { backends: [v1, v2], shares: { [V1]: 10_000, [V2]: 0 } },
    completed: { shares: live.shares, endpoints: then === undefined ? {} : { [V1]: then } },
  };
}

describe('what endpoints bear', () => {
  it.each([
    ['a quarter', 4, 1, 2_500],
    ['all of it', 4, 4, 10_000],
    ['more than all', 4, 6, 15_000],
    ['nothing', 4, 0, 0],
    ['a third, rounded down', 3, 1, 3_333],
    ['anything when nobody knows what there was', undefined, 1, undefined],
    ['anything when there was nothing', 0, 1, undefined],
    ['anything when nobody knows what there is', 4, undefined, undefined],
  ])('is %s', (_what, then, now, expected) => {
    const way = aWay(0, then);
    expect(boundsOf(way, now === undefined ? {} : { [V1]: now })[V1]).toBe(expected);
  });

  it('is asked of those alone that get traffic again', () => {
    expect(boundedBackends(aWay(5_000, 4))).toEqual([V1]);
    expect(boundedBackends(aWay(10_000, 4))).toEqual([]);
    expect(boundedBackends({ ...aWay(5_000, 4), completed: { shares: { [V1]: 0 }, endpoints: { [V1]: 4 } } })).toEqual(
      [],
    );
  });

  it.each([
    ['less than a percentage point', 2_450, false],
    ['a percentage point', 2_400, true],
    ['nothing', 2_500, false],
  ])('is not worth a revision when it is %s more', (_what, from, expected) => {
    const way = aWay(from, 4);
    expect(isWorthwhile(way, boundedBack(way, boundsOf(way, { [V1]: 1 })))).toBe(expected);
  });

  it('is worth one when it is the little that is left', () => {
    const way = aWay(9_990, 4);
    expect(isWorthwhile(way, boundedBack(way, boundsOf(way, { [V1]: 4 })))).toBe(true);
  });

  it('is said in words', () => {
    const way = aWay(0, 5);
    const next = boundedBack(way, boundsOf(way, { [V1]: 2 }));
    expect(backStepText({ ...way, next }, { [V1]: 2 }, NAMES)).toBe('v1 back to 40 %: 2 of 5 endpoints are ready');
    expect(heldBackText({ ...way, current: next }, { [V1]: 2 }, NAMES)).toBe('v1 has 2 of 5, which bear 40 %');
    const all = boundedBack(way, boundsOf(way, {}));
    expect(backStepText({ ...way, next: all }, {}, NAMES)).toBe(
      'v1 back to 100 %: its cluster does not say how many endpoints are ready',
    );
    expect(heldBackText({ ...way, current: next }, {}, NAMES)).toBe('');
  });
});
