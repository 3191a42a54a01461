import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: backends that do not become ready, or lose it, at the moment that matters. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const V2_NORTH = { ...V2, name: 'v2-north', cluster: 'north' };
const CANARY = { canary: { steps: [{ setWeight: 20 }, { pause: {} }], readyTimeout: '1s' } };
const HOLD = { onFailure: 'hold' };

async function serving(...backends: readonly object[]): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {}, north: {} }));
  await sluice.apply(aDocument({ backends }));
  await sluice.untilReady();
}

it('holds everything where it is when a backend does not become ready, until retry finds it ready', async () => {
  await serving(V1);
  sluice.clusters.unready('east', 'v2');
  await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: HOLD }));
  const held = await sluice.untilStatus('held', ({ state }) => state === 'Held');
  expect(held.rollout?.held?.reason).toBe('ReadyTimeout');
  expect(held.message).toMatch(/^held at step 2 of \d+ \(ReadyTimeout\): .*v2 answers 503.*; retry tries it again/);
  expect(sluice.clusters.split('east')).toEqual({ v1: 10_000, v2: 0 });
  sluice.clusters.unready('east');
  await sluice.client.steer('retry', 'default', 'shop', {});
  await sluice.untilStatus('paused at 20 %', ({ state }) => state === 'Paused');
  expect(sluice.clusters.split('east')).toEqual({ v1: 8_000, v2: 2_000 });
});

it('goes back from where it is held when somebody aborts', async () => {
  await serving(V1);
  await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: HOLD }));
  await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  sluice.clusters.unready('east', 'v2');
  const held = await sluice.untilStatus('held', ({ state }) => state === 'Held');
  expect(held.rollout?.held?.reason).toBe('ReadinessLost');
  expect(sluice.clusters.split('east')).toEqual({ v1: 8_000, v2: 2_000 });
  await expect(sluice.client.steer('promote', 'default', 'shop', {})).rejects.toThrow(/held, since a step failed/);
  await sluice.client.steer('abort', 'default', 'shop', { reason: 'v2 is broken' });
  await sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
  expect(sluice.clusters.split('east')).toEqual({ v1: 10_000, v2: 0 });
});

it('leaves a cluster that fails at what it had, when as many may fail, and says which', async () => {
  await serving(V1, V1_WEST);
  sluice.clusters.unready('west', 'v2-west');
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY, rollout: { maxFailedClusters: 1 } }));
  await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  expect(sluice.clusters.split('east')).toEqual({ v1: 4_000, v2: 1_000 });
  await sluice.client.steer('promote', 'default', 'shop', {});
  const done = await sluice.untilReady(2);
  expect(done.rollout?.failedClusters?.map(({ cluster }) => cluster)).toEqual(['west']);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
  expect(sluice.clusters.split('east')).toEqual({ v2: 5_000 });
  expect(sluice.clusters.split('west')['v1-west']).toBe(5_000);
  expect(done.history.find(({ action }) => action === 'ClusterFailed')?.message).toMatch(
    /^west stays as it was \(1 of at most 1 have failed\): .*v2-west answers 503/,
  );
});

it('leaves a cluster that refuses to be written at what it had, when as many may fail', async () => {
  await serving(V1, V1_WEST);
  sluice.clusters.cluster('west').mode = 'refuses';
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY, rollout: { maxFailedClusters: 1 } }));
  const paused = await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  expect(paused.rollout?.failedClusters).toEqual([
    { cluster: 'west', reason: 'LeafRefused', message: 'HTTPRoute default/shop in west is forbidden' },
  ]);
  expect(sluice.clusters.split('east')).toEqual({ v1: 4_000, v2: 1_000 });
  await sluice.client.steer('promote', 'default', 'shop', {});
  const done = await sluice.untilReady(2);
  expect(done.message).not.toContain('not written yet');
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
  expect(sluice.clusters.split('east')).toEqual({ v2: 5_000 });
  expect(Object.keys(sluice.clusters.split('west'))).toEqual(['v1-west']);
  // What is there from before is compared with what it was to be then.
  const followed = sluice.clusters.followed.at(-1)?.filter(({ ref }) => ref.cluster === 'west') ?? [];
  expect(followed.map(({ backends }) => backends.map(({ backend }) => backend.name))).toEqual([['v1-west']]);
});

it('goes on without a cluster that refuses in mid-rollout, and says what could not be taken back there', async () => {
  await serving(V1, V1_WEST);
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY, rollout: { maxFailedClusters: 1 } }));
  await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  sluice.clusters.cluster('west').mode = 'refuses';
  await sluice.client.steer('promote', 'default', 'shop', {});
  const done = await sluice.untilReady(2);
  expect(done.rollout?.failedClusters?.map(({ cluster }) => cluster)).toEqual(['west']);
  expect(done.message).toContain('not written yet: HTTPRoute default/shop in west');
  expect(sluice.clusters.split('east')).toEqual({ v2: 5_000 });
  expect(sluice.clusters.split('west')).toEqual({ 'v1-west': 4_000, 'v2-west': 1_000 });
});

it('goes back when a cluster refuses to be written and none may fail', async () => {
  await serving(V1, V1_WEST);
  sluice.clusters.cluster('west').mode = 'refuses';
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY }));
  const back = await sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
  expect(back.rollout?.outcome).toMatchObject({ reason: 'LeafRefused' });
});

it('goes back when more clusters fail than may', async () => {
  await serving(V1, V1_WEST);
  sluice.clusters.unready('west', 'v2-west');
  sluice.clusters.unready('east', 'v2');
  const backends = [V2, V2_WEST, V2_NORTH];
  await sluice.apply(aDocument({ backends, strategy: CANARY, rollout: { maxFailedClusters: 1 } }));
  const { message } = await sluice.untilStatus('over', ({ state }) => ['RolledBack', 'Paused'].includes(state));
  expect(message).toMatch(/^rolled back to generation 1 \(ReadyTimeout\): .*v2 answers 503/);
});

it('does not wait for an incumbent that is broken', async () => {
  await serving({ ...V1, weight: 1 });
  sluice.clusters.unready('east', 'v1');
  const start = { incumbentBroken: { reason: 'v1 answers 503' } };
  const backends = [
    { ...V1, weight: 0 },
    { ...V2, weight: 1 },
  ];
  await sluice.apply(aDocument({ backends, strategy: { direct: { readyTimeout: '2s' } }, rollout: { start } }));
  await sluice.untilReady(2);
  expect(sluice.clusters.split('east')).toEqual({ v1: 0, v2: 10_000 });
});

it('is held, and not taken back to an incumbent that is broken', async () => {
  await serving(V1);
  sluice.clusters.unready('east', 'v2');
  const start = { incumbentBroken: { reason: 'v1 answers 503' } };
  await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: { start } }));
  const { state } = await sluice.untilStatus('failed', (status) => ['Held', 'RolledBack'].includes(status.state));
  expect(state).toBe('Held');
});
