import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

async function serving(...backends: readonly object[]): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends }));
  await sluice.untilReady();
}

const promote = (): Promise<unknown> => sluice.client.steer('promote', 'default', 'shop', {});

it('goes cluster after cluster when steps name theirs', async () => {
  await serving(V1, V1_WEST);
  const steps = [
    { setWeight: 50, clusters: ['east'] },
    { pause: {} },
    { setWeight: 100, clusters: ['east'] },
    { pause: {} },
  ];
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: { canary: { steps } } }));
  await sluice.untilStatus('first wave', paused);
  expect([sluice.clusters.split('east'), sluice.clusters.split('west')]).toEqual([
    { v1: 2_500, v2: 2_500 },
    { 'v1-west': 5_000, 'v2-west': 0 },
  ]);
  await promote();
  await sluice.untilStatus('east is done', (status) => paused(status) && status.rollout?.step === 5);
  expect(sluice.clusters.split('east')).toEqual({ v1: 0, v2: 5_000 });
  await promote();
  await sluice.untilReady(2);
  expect([sluice.clusters.split('east'), sluice.clusters.split('west')]).toEqual([{ v2: 5_000 }, { 'v2-west': 5_000 }]);
});

it('lets another spec wait for its turn, when that says so', async () => {
  await serving(V1);
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [V2], strategy }));
  await sluice.untilStatus('paused', paused);
  const third = aDocument({ backends: [V2, V2_WEST], rollout: { onChange: 'queue' } });
  expect(await sluice.client.apply(third, {})).toEqual({ outcome: 'queued', generation: 3 });
  const waiting = await sluice.status();
  expect([waiting.generation, waiting.state, waiting.queued?.generation]).toEqual([2, 'Paused', 3]);
  await promote();
  await sluice.untilReady(3);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
});

it('keeps its place and its soak when only the rest of the steps is changed', async () => {
  await serving(V1);
  const first = [{ setWeight: 10 }, { pause: { duration: '1h' } }, { setWeight: 50 }, { pause: {} }];
  await sluice.apply(aDocument({ backends: [V2], strategy: { canary: { steps: first } } }));
  const soaking = await sluice.untilStatus('soaks', ({ rollout }) => rollout?.steps[3]?.state === 'running');
  const next = [{ setWeight: 10 }, { pause: { duration: '2h' } }, { setWeight: 30 }, { pause: {} }];
  const rollout = { onChange: 'amend' };
  await sluice.apply(aDocument({ backends: [V2], strategy: { canary: { steps: next } }, rollout }));
  const amended = await sluice.untilStatus(
    'amended',
    ({ rollout: now }) => now?.generation === 3 && now.steps[3]?.until !== undefined,
  );
  expect(amended.rollout?.steps[3]?.startedAt).toBe(soaking.rollout?.steps[3]?.startedAt);
  expect(Date.parse(amended.rollout?.steps[3]?.until ?? '') - Date.parse(soaking.rollout?.steps[3]?.until ?? '')).toBe(
    3_600_000,
  );
  expect(amended.revision).toBe(soaking.revision);
  await promote();
  await sluice.untilStatus('goes on by the new list', (status) => paused(status) && status.rollout?.step === 5);
  expect(sluice.clusters.split('east')).toEqual({ v1: 7_000, v2: 3_000 });
});

it('goes back by undo, without the steps, to what completed not long ago', async () => {
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } };
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1], strategy }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: [V2], strategy }));
  await sluice.untilStatus('paused', paused);
  await promote();
  const done = await sluice.untilReady(2);
  expect(done.undoable?.map(({ generation }) => generation)).toEqual([1]);
  await expect(sluice.client.steer('abort', 'default', 'shop', {})).rejects.toThrow(/undo goes back to an earlier/);
  await expect(sluice.client.steer('undo', 'default', 'shop', { toGeneration: 7 })).rejects.toThrow(
    'found 7 to go back to; allowed for toGeneration: 1',
  );
  const { message } = await sluice.client.steer('undo', 'default', 'shop', { reason: 'errors' });
  expect(message).toBe('generation 3 is generation 1 again, in one shift, since it completed not long ago');
  const back = await sluice.untilReady(3);
  expect(back.rollout?.steps.some(({ step }) => step.kind === 'pause')).toBe(false);
  expect(sluice.clusters.split('east')).toEqual({ v1: 10_000 });
});

it('drains a cluster by the strategy, and brings it back', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [V1, V1_WEST], strategy }));
  await sluice.untilReady();
  await expect(sluice.client.steer('drain', 'default', 'shop', { cluster: 'nord' })).rejects.toThrow(
    'found cluster "nord" to drain; allowed, since it has a backend there: east, west',
  );
  const { message } = await sluice.client.steer('drain', 'default', 'shop', { cluster: 'east', reason: 'upgrade' });
  expect(message).toBe('drain of east by the strategy of generation 1 (canary)');
  const half = await sluice.untilStatus('half', paused);
  expect(await sluice.published()).toEqual({ east: 2_500, west: 7_500 });
  expect(half.rollout?.cause).toBe('drain of east');
  await promote();
  const drained = await sluice.untilStatus('drained', ({ state }) => state === 'Ready');
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  expect(drained.withheld).toMatchObject([{ cluster: 'east', why: 'drained', reason: 'upgrade' }]);
  await expect(sluice.client.steer('drain', 'default', 'shop', { cluster: 'west' })).rejects.toThrow(
    /no other cluster/,
  );
  await sluice.client.steer('undrain', 'default', 'shop', { cluster: 'east' });
  await sluice.untilStatus('half again', paused);
  await promote();
  await sluice.untilStatus('back', ({ state, withheld }) => state === 'Ready' && withheld === undefined);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
});

it('is not drained when the drain is aborted', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [V1, V1_WEST], strategy }));
  await sluice.untilReady();
  await sluice.client.steer('drain', 'default', 'shop', { cluster: 'east' });
  await sluice.untilStatus('half', paused);
  await sluice.client.steer('abort', 'default', 'shop', {});
  const { withheld, history } = await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  expect(withheld).toBeUndefined();
  const at = (wanted: string): number => Date.parse(history.find(({ action }) => action === wanted)?.at ?? '');
  // Not before answers given with the drain have left caches.
  expect(at('RolledBack') - at('RollingBack')).toBeGreaterThanOrEqual(1_000);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
  await sluice.client.steer('retry', 'default', 'shop', {});
  const again = await sluice.untilReady();
  expect([again.rollout?.cause, again.withheld]).toEqual([undefined, undefined]);
});

it('drains while a rollout is under way, which begins again from the shares in force', async () => {
  await serving(V1, V1_WEST);
  const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy }));
  await sluice.untilStatus('half', paused);
  const { message } = await sluice.client.steer('drain', 'default', 'shop', { cluster: 'east' });
  expect(message).toContain('begins again from the shares in force');
  await sluice.untilStatus('on its way', (status) => paused(status) && status.rollout?.cause === 'drain of east');
  expect(await sluice.published()).toEqual({ east: 2_500, west: 7_500 });
  // Half of the way from 2,500 and 2,500 to 0 and 10,000: the half that v2 had is not lost.
  expect(sluice.clusters.split('west')).toEqual({ 'v1-west': 1_250, 'v2-west': 6_250 });
  await promote();
  await sluice.untilReady(2);
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  expect(sluice.clusters.split('west')).toEqual({ 'v2-west': 10_000 });
});
