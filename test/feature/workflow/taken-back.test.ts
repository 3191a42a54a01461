import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Clusters without traffic, and generations to go back to, beside what rollouts came to. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

async function serving(...backends: readonly object[]): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends, strategy: CANARY }));
  await sluice.untilReady();
}

type Verb = Parameters<ScriptedSluice['client']['steer']>[0];
const steer = (verb: Verb, input: object = {}) => sluice.client.steer(verb, 'default', 'shop', input);

/** East gets nothing any more. */
async function drainEast(): Promise<void> {
  await steer('drain', { cluster: 'east', reason: 'upgrade' });
  await sluice.untilStatus('half', paused);
  await steer('promote');
  await sluice.untilStatus('drained', ({ state }) => state === 'Ready');
}

it('is drained again when the undrain is aborted', async () => {
  await serving(V1, V1_WEST);
  await drainEast();
  await expect(steer('drain', { cluster: 'east' })).rejects.toThrow('cluster east is drained already');
  await steer('undrain', { cluster: 'east' });
  await sluice.untilStatus('half', paused);
  expect(await sluice.published()).toEqual({ east: 2_500, west: 7_500 });
  await steer('abort');
  const { withheld } = await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  expect(withheld).toMatchObject([{ cluster: 'east', why: 'drained', reason: 'upgrade' }]);
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
});

it('proves that a drained cluster gets nothing any more, and not before answers with it have left caches', async () => {
  await serving(V1, V1_WEST);
  const drains = async () => {
    const { backends } = await sluice.status();
    return backends.map(({ cluster, drain }) => [cluster, drain?.isProved]);
  };
  expect(await drains()).toEqual([
    ['east', undefined],
    ['west', undefined],
  ]);
  await drainEast();
  expect(await drains()).toEqual([
    ['east', true],
    ['west', undefined],
  ]);
  const told = sluice.told.flatMap(({ backends }) => backends.flatMap(({ drain }) => drain ?? []));
  expect(told[0]?.isProved).toBe(false);
  const { rollout } = await sluice.status();
  const shift = rollout?.steps.findLast(({ step }) => step.kind === 'setWeight');
  // The end of the wait for caches.
  expect(told[0]?.cachedUntil).toBe(shift?.until);
});

it('drains at once while the last rollout is taken back, and that stays taken back', async () => {
  await serving(V1, V1_WEST);
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY }));
  await sluice.untilStatus('half', paused);
  await steer('abort');
  await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  await expect(steer('undrain', { cluster: 'east' })).rejects.toThrow('cluster east is not drained');
  const { message } = await steer('drain', { cluster: 'east' });
  expect(message).toBe('drain of east at once, since the last rollout is taken back');
  await sluice.untilStatus('east has nothing', ({ state, backends }) => {
    return state === 'RolledBack' && backends.every(({ cluster, shareInForce }) => cluster === 'west' || !shareInForce);
  });
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  expect(sluice.clusters.split('west')['v2-west']).toBe(0);
  await steer('retry');
  const half = await sluice.untilStatus('half, without east', paused);
  expect(half.withheld).toMatchObject([{ cluster: 'east' }]);
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  expect(sluice.clusters.split('west')).toEqual({ 'v1-west': 5_000, 'v2-west': 5_000 });
});

it('drains a cluster that only what was gone back to has backends in', async () => {
  await serving(V1, V1_WEST);
  await sluice.apply(aDocument({ backends: [V2_WEST], strategy: CANARY }));
  await sluice.untilStatus('half', paused);
  await steer('abort');
  await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  await expect(steer('drain', { cluster: 'nord' })).rejects.toThrow('it has a backend there: east, west');
  await steer('drain', { cluster: 'east' });
  await sluice.untilStatus('east has nothing', ({ state, backends }) => {
    return state === 'RolledBack' && backends.every(({ cluster, shareInForce }) => cluster === 'west' || !shareInForce);
  });
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  await expect(steer('drain', { cluster: 'west' })).rejects.toThrow('no other cluster is left to take its traffic');
});

it('takes a drain along that comes while traffic goes back at once', async () => {
  await serving(V1, V1_WEST);
  await sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY }));
  await sluice.untilStatus('half', paused);
  sluice.plane.away = true;
  await steer('abort');
  await sluice.untilStatus('going back', ({ state, message }) => {
    return state === 'RollingBack' && message.includes('one is away');
  });
  await steer('drain', { cluster: 'east' });
  sluice.plane.away = false;
  const { withheld } = await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  expect(withheld).toMatchObject([{ cluster: 'east' }]);
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
});

it('refuses a document that only drained clusters would serve, and forgets a drain with the last backend there', async () => {
  await serving(V1, V1_WEST);
  await drainEast();
  await expect(sluice.client.apply(aDocument({ backends: [V2] }), {})).rejects.toThrow(
    'all of their clusters get no traffic (east): undrain one of them first',
  );
  await sluice.apply(aDocument({ backends: [V2_WEST] }));
  expect((await sluice.untilReady(2)).withheld).toBeUndefined();
});

it('goes back by the strategy to what completed longer ago than the window', async () => {
  await serving(V1);
  await expect(steer('undo')).rejects.toThrow('there is no earlier generation to go back to');
  const rollout = { rollbackWindow: '0s' };
  await sluice.apply(aDocument({ backends: [V2], rollout }));
  await sluice.untilReady(2);
  expect((await steer('undo')).message).toBe('generation 3 is generation 1 again, by its strategy');
  const half = await sluice.untilStatus('half', paused);
  expect(half.rollout?.cause).toBe('undo to generation 1');
  expect(sluice.clusters.split('east')).toEqual({ v1: 5_000, v2: 5_000 });
  expect((await steer('undo', { toGeneration: 1 })).message).toBe(
    'generation 3 is what generation 1 was: nothing to do',
  );
  await sluice.untilStatus('still half', paused);
});

it('goes back by one flip for as long as the old side of blue/green lives', async () => {
  await serving(V1);
  const strategy = { blueGreen: { verify: { count: 1 }, hold: {}, keepOld: '1h' } };
  await sluice.apply(aDocument({ backends: [V2_WEST], strategy }));
  await sluice.untilStatus('before the flip', paused);
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
  await steer('promote');
  await sluice.untilStatus('the old side is kept', ({ rollout }) => {
    return (
      rollout?.steps.some(
        ({ step, state }) => step.kind === 'pause' && state === 'running' && 'durationSeconds' in step,
      ) ?? false
    );
  });
  expect(await sluice.published()).toEqual({ east: 0, west: 10_000 });
  await steer('abort');
  await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
  expect(sluice.clusters.removed).toEqual([]);
});

it('does not go back any more when the old side is being removed, neither when aborted nor when a backend is lost', async () => {
  await serving(V1);
  const east = sluice.clusters.cluster('east');
  east.keeps = true;
  await sluice.apply(aDocument({ backends: [V2_WEST] }));
  await sluice.untilStatus('being removed', ({ rollout, message }) => {
    return rollout?.steps[rollout.step]?.step.kind === 'removeLeaves' && message.includes('waiting for cluster east');
  });
  await expect(steer('abort')).rejects.toThrow('all traffic has moved and drained leaves are being removed');
  sluice.clusters.unready('west', 'v2-west');
  const lost = await sluice.untilStatus('v2 is lost', ({ backends }) => {
    return backends.some(({ name, readiness }) => name === 'v2-west' && readiness === 'NotReady');
  });
  expect(lost.state).toBe('Progressing');
  sluice.clusters.unready('west');
  east.keeps = false;
  await sluice.untilReady(2);
  expect(await sluice.published()).toEqual({ west: 10_000 });
});
