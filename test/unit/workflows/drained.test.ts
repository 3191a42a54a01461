import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { Shares } from '../../../src/plan/types.ts';
import { noteDrained } from '../../../src/workflows/drained.ts';
import type { Entity } from '../../../src/workflows/entity.ts';

// Only the time of a workflow is used here.
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const [EAST, WEST, NORTH] = [inCluster('east'), inCluster('west'), inCluster('north')];

function inCluster(cluster: string) {
  return backendId({ name: cluster, cluster, namespace: 'default', routes: [], weight: 1 });
}

/** Who is noted when shares change; answers given until now live for 30 s. */
function drained(before: Shares, after: Shares, noted?: Entity['drained']): unknown {
  const inForce = { backends: [], shares: before };
  // Nothing else counts here.
  const entity = { inForce, ttlInForceSeconds: 30, drained: noted } as unknown as Entity;
  noteDrained(entity, { backends: [], shares: after }, true);
  return entity.drained;
}

it('notes who comes to share 0, for as long as an answer with it may be cached', () => {
  const after = { [EAST]: 0, [WEST]: 10_000 };
  expect(drained({ [EAST]: 5_000, [WEST]: 5_000 }, after)).toEqual({ [EAST]: 1_030_000 });
});

it('notes who is not named any more as one that came to share 0', () => {
  expect(drained({ [EAST]: 5_000, [WEST]: 5_000 }, { [WEST]: 10_000 })).toEqual({ [EAST]: 1_030_000 });
});

it('keeps the time of one that stays at 0, and says nothing of one that never had a share', () => {
  const same = { [EAST]: 0, [WEST]: 10_000, [NORTH]: 0 };
  expect(drained(same, same, { [EAST]: 900_000 })).toEqual({ [EAST]: 900_000 });
});

it('forgets one that gets a share again', () => {
  const after = { [EAST]: 1, [WEST]: 9_999 };
  expect(drained({ [EAST]: 0, [WEST]: 10_000 }, after, { [EAST]: 900_000 })).toEqual({});
});
