import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Invariant 2 of DESIGN 12: a share only rises for a backend whose readiness was observed after its last write. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V3_WEST = { name: 'v3', cluster: 'west', service: { name: 'shop', port: 80 } };
const isBackOrPaused = ({ state }: { readonly state: string }): boolean => ['RolledBack', 'Paused'].includes(state);

it('a backend that is lost while the split inside its cluster is written gets nothing between clusters', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const before = [
    { ...V1, weight: 50 },
    { ...V3_WEST, weight: 50 },
  ];
  await sluice.apply(aDocument({ backends: before }));
  await sluice.untilReady();
  const strategy = { canary: { steps: [{ pause: {} }, { setWeight: 10 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [{ ...V2, weight: 100 }], strategy }));
  const { revision } = await sluice.untilStatus('before the first share', ({ state }) => state === 'Paused');
  sluice.clusters.cluster('east').mode = 'unobserved';
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilStatus('waits', ({ message }) => message.includes('waits for its controller'));
  sluice.clusters.unready('east', 'v2');
  await sluice.untilStatus(
    'v2 is lost',
    ({ backends }) => backends.find(({ name }) => name === 'v2')?.readiness === 'NotReady',
  );
  sluice.clusters.cluster('east').mode = 'works';
  const status = await sluice.untilStatus('the end of the step', isBackOrPaused);
  expect(status.state, status.message).toBe('RolledBack');
  expect(status.rollout?.outcome).toMatchObject({ reason: 'ReadinessLost' });
  expect(status.revision).toBe(revision);
  expect(sluice.clusters.split('east')).toEqual({ v1: 5_000, v2: 0 });
});

it('what is seen of a backend while its leaf is being written proves nothing', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }], readyTimeout: '2s' } };
  await sluice.apply(aDocument({ backends: [V3_WEST], strategy }));
  await sluice.untilStatus('paused at 10 %', ({ state }) => state === 'Paused');
  await sluice.client.steer('abort', 'default', 'shop', {});
  const { revision } = await sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
  const west = sluice.clusters.cluster('west');
  west.mode = 'away';
  await sluice.client.steer('retry', 'default', 'shop', {});
  await sluice.untilStatus('waits', ({ message }) => message.includes('waiting for cluster west'));
  // Still followed from before: it comes and goes, as on a cluster that comes back.
  sluice.clusters.unready('west', 'v3');
  sluice.clusters.unready('west');
  await sluice.untilStatus(
    'seen ready',
    ({ backends }) => backends.find(({ name }) => name === 'v3')?.readiness === 'Ready',
  );
  // What is written now makes it unready.
  west.unready = ['v3'];
  west.mode = 'works';
  const status = await sluice.untilStatus('the end', isBackOrPaused);
  expect(status.state, status.message).toBe('RolledBack');
  expect(status.revision).toBe(revision);
});
