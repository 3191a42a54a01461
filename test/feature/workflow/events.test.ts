import { afterEach, describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const ROUTE = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

/** Who followed before a rollout hears of its end with the next heartbeat, and says so. */
async function hasNobodyToEnd(): Promise<true | undefined> {
  const events = await sluice.history();
  const asked = events.filter((event) => event.activityTaskCancelRequestedEventAttributes);
  const ended = events.filter((event) => event.activityTaskCanceledEventAttributes);
  return ended.length >= asked.length ? true : undefined;
}

/** Issue 6, "Scale and speed". */
const MOST_EVENTS_PER_WEIGHT = 12;

describe('each weight of a canary takes at most twelve events of the history', () => {
  it.each([
    ['between clusters', V2_WEST],
    ['inside a cluster', V2],
  ])('%s', async (_where, next) => {
    sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
    await sluice.apply(aDocument({ backends: [V1] }));
    await sluice.untilReady();
    const steps = [{ pause: {} }, { setWeight: 10 }, { setWeight: 30 }, { setWeight: 50 }, { pause: {} }];
    await sluice.apply(aDocument({ backends: [next], strategy: { canary: { steps } } }));
    await sluice.untilStatus('before the first share', paused);
    await until(hasNobodyToEnd, { what: 'the end of what was followed before', timeoutMs: 60_000 });
    await sluice.client.steer('promote', 'default', 'shop', {});
    await sluice.untilStatus('paused at 50 %', (status) => paused(status) && status.rollout?.step === 6);
    const shifts = (await sluice.history())
      .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'shiftTraffic')
      .map(({ eventId }) => Number(eventId))
      .slice(-3);
    const taken = shifts.slice(1).map((event, index) => event - (shifts[index] ?? 0));
    expect(taken).toHaveLength(2);
    expect(Math.max(...taken)).toBeLessThanOrEqual(MOST_EVENTS_PER_WEIGHT);
  });
});

it('a change that was seen by who does not know the newest split is looked at again', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [V2], strategy }));
  await sluice.untilStatus('paused at 10 %', paused);
  const { followed, applied } = sluice.clusters;
  const before = { follows: followed.length, writes: applied.length };
  const earlier = applied.find(({ backends }) => backends.length === 2)?.backends ?? [];
  const shares = Object.fromEntries(earlier.map(({ backend, share }) => [backendId(backend), share]));
  expect(Object.values(shares)).toEqual([10_000, 0]);
  const fields = [{ path: '.spec.rules[0].backendRefs[1].weight', wanted: '0', found: '1000' }];
  sluice.clusters.tell({ ref: ROUTE, fields, shares });
  await until(() => (followed.length > before.follows ? true : undefined), { what: 'another that follows' });
  const compared = followed.at(-1)?.find(({ ref }) => ref.kind === 'HTTPRoute')?.backends;
  expect(compared?.map(({ share }) => share)).toEqual([9_000, 1_000]);
  expect(applied.length).toBe(before.writes);
  expect((await sluice.status()).history.map(({ action }) => action)).not.toContain('Drifted');
});
