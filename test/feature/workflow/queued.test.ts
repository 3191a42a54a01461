import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Documents that wait until the rollout under way has ended. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const CANARY = { canary: { steps: [{ setWeight: 10 }, { pause: {} }], readyTimeout: '1s' } };
const QUEUE = { onChange: 'queue' };
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

async function serving(...backends: readonly object[]): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends }));
  await sluice.untilReady();
}

it('the newest of those that wait counts, and none any more when what is there is wanted after all', async () => {
  await serving(V1);
  const second = aDocument({ backends: [V2], strategy: CANARY, rollout: QUEUE });
  await sluice.apply(second);
  await sluice.untilStatus('paused', paused);
  const third = aDocument({ backends: [V1_WEST], rollout: QUEUE });
  const fourth = aDocument({ backends: [V2_WEST], rollout: QUEUE });
  expect(await sluice.client.apply(third, {})).toEqual({ outcome: 'queued', generation: 3 });
  expect(await sluice.client.apply(third, {})).toEqual({ outcome: 'unchanged', generation: 3 });
  expect(await sluice.client.apply(second, {})).toEqual({ outcome: 'unchanged', generation: 2 });
  const dropped = await sluice.status();
  expect([dropped.queued, dropped.history.at(-1)?.action]).toEqual([undefined, 'QueueDropped']);
  await sluice.client.apply(third, {});
  await sluice.client.apply(fourth, {});
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilReady(3);
  expect(await sluice.published()).toEqual({ west: 10_000 });
  expect(Object.keys(sluice.clusters.split('west'))).toEqual(['v2-west']);
});

it('is said to be queued until it begins', async () => {
  await serving(V1);
  await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: QUEUE }));
  await sluice.untilStatus('paused', paused);
  await sluice.client.apply(aDocument({ backends: [V1_WEST], rollout: QUEUE }), {});
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilReady(3);
  const told = sluice.told.slice(sluice.told.findIndex(({ queued }) => queued !== undefined));
  const second = told.filter(({ generation }) => generation === 2);
  expect(second.map(({ state }) => state)).toContain('Ready');
  expect(second.map(({ queued }) => queued?.generation)).toEqual(second.map(() => 3));
  expect(told.flatMap(({ generation, queued }) => (generation === 3 ? [queued] : []))).not.toContainEqual(
    expect.anything(),
  );
});

it('nothing waits for a rollout that is held: what comes may well be the remedy', async () => {
  await serving(V1);
  sluice.clusters.unready('east', 'v2');
  await sluice.apply(aDocument({ backends: [V2], strategy: CANARY, rollout: { ...QUEUE, onFailure: 'hold' } }));
  await sluice.untilStatus('held', ({ state }) => state === 'Held');
  const remedy = aDocument({ backends: [V1_WEST], rollout: QUEUE });
  expect(await sluice.client.apply(remedy, {})).toEqual({ outcome: 'updated', generation: 3 });
  await sluice.untilReady(3);
  expect(await sluice.published()).toEqual({ west: 10_000 });
});

it('says why a document that waited cannot be rolled out any more', async () => {
  await serving(V1, V1_WEST);
  await sluice.apply(aDocument({ backends: [V2, V1_WEST], strategy: CANARY }));
  await sluice.untilStatus('paused', paused);
  await sluice.client.apply(aDocument({ backends: [V1], rollout: QUEUE }), {});
  await sluice.client.steer('drain', 'default', 'shop', { cluster: 'east' });
  await sluice.untilStatus('paused, without east', paused);
  await sluice.client.steer('promote', 'default', 'shop', {});
  const { history } = await sluice.untilStatus('refused', (status) => {
    return status.history.some(({ action }) => action === 'QueueRefused');
  });
  expect(history.find(({ action }) => action === 'QueueRefused')?.message).toContain(
    'all of their clusters get no traffic (east)',
  );
  const { queued, generation } = await sluice.untilReady(2);
  expect([queued, generation]).toEqual([undefined, 2]);
});
