import { afterEach, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/**
 * Clusters are scripted here, since what counts is when they misbehave: a write that hangs between two others, somebody who
 * changes an object right after it was written. Temporal, workflow, activities and store are real.
 */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V3_WEST = { name: 'v3', cluster: 'west', service: { name: 'shop', port: 80 } };
const PAUSED_AT_10 = {
  canary: { steps: [{ setWeight: 10 }, { pause: {} }], progressDeadline: '3s', readyTimeout: '2s' },
};

/** What the first shift has come to. */
function gatesOf({ rollout }: Status): readonly string[] {
  const gates = rollout?.steps.find(({ step }) => step.kind === 'setWeight')?.gates ?? [];
  return gates.map(({ gate, state }) => `${gate} ${state}`);
}

it('splits inside a cluster step by step, before the planes are told, and leaves nobody behind in the leaf', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: [V2], strategy: PAUSED_AT_10 }));
  const atTen = await sluice.untilStatus('paused at 10 %', ({ state }) => state === 'Paused');
  expect(sluice.clusters.split('east')).toEqual({ v1: 9_000, v2: 1_000 });
  expect(gatesOf(atTen).slice(0, 3)).toEqual(['leaves passed', 'planes passed', 'caches passed']);
  await sluice.client.steer('promote', 'default', 'shop', { full: true });
  await sluice.untilReady(2);
  expect(sluice.clusters.split('east')).toEqual({ v2: 10_000 });
  expect(sluice.clusters.removed).toEqual([]);
  const states = sluice.told.map(({ state }) => state);
  expect(states[0]).toBe('Progressing');
  expect(states.at(-1)).toBe('Ready');
});

it('moves nothing between clusters before a controller has taken up the split inside one of them', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const before = [
    { ...V1, weight: 50 },
    { ...V3_WEST, weight: 50 },
  ];
  await sluice.apply(aDocument({ backends: before }));
  await sluice.untilReady();
  const strategy = { canary: { steps: [{ pause: {} }, { setWeight: 10 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [{ ...V2, weight: 100 }], strategy }));
  await sluice.untilStatus('before the first share', ({ state }) => state === 'Paused');
  sluice.clusters.cluster('east').mode = 'unobserved';
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilStatus('waits', ({ message }) => message.includes('waits for its controller'));
  expect(sluice.clusters.split('east')).toEqual({ v1: 4_500, v2: 1_000 });
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
  sluice.clusters.cluster('east').mode = 'works';
  await sluice.untilStatus('paused at 10 %', ({ state }) => state === 'Paused');
  expect(await sluice.published()).toEqual({ east: 5_500, west: 4_500 });
});

it('rolls back what is published while the write into a cluster hangs, names it, and writes it when the cluster is back', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const before = [
    { ...V1, weight: 50 },
    { ...V3_WEST, weight: 50 },
  ];
  await sluice.apply(aDocument({ backends: before }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: [{ ...V2, weight: 100 }], strategy: PAUSED_AT_10 }));
  await sluice.untilStatus('paused at 10 %', ({ state }) => state === 'Paused');
  expect(await sluice.published()).toEqual({ east: 5_500, west: 4_500 });
  sluice.clusters.cluster('east').mode = 'hangs';
  const abortedAt = Date.now();
  await sluice.client.steer('abort', 'default', 'shop', {});
  await until(async () => ((await sluice.published())['east'] === 5_000 ? true : undefined), {
    what: 'shares of before',
  });
  expect(Date.now() - abortedAt).toBeLessThan(2_500);
  const status = await sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
  expect(status.message).toContain('not written yet: HTTPRoute default/shop in east');
  sluice.clusters.cluster('east').mode = 'works';
  const ref = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
  sluice.clusters.change(ref, [{ path: '.spec.rules', wanted: '1', found: '2', manager: 'sluice' }]);
  await sluice.untilStatus('nothing is pending', ({ message }) => !message.includes('not written yet'));
  expect(sluice.clusters.split('east')).toEqual({ v1: 5_000, v2: 0 });
});

it('goes on from the shares in force when another spec comes while a split is being written', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  const second = { canary: { steps: [{ pause: {} }, { setWeight: 10 }] } };
  await sluice.apply(aDocument({ backends: [V2], strategy: second }));
  await sluice.untilStatus('before the first share', ({ state }) => state === 'Paused');
  sluice.clusters.cluster('east').mode = 'hangs';
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilStatus('the split is being written', ({ rollout }) => {
    const gates = rollout?.steps.flatMap((step) => step.gates ?? []) ?? [];
    return gates.some(({ gate, state }) => gate === 'leaves' && state === 'waiting');
  });
  const v3 = { ...V1, name: 'v3', service: { name: 'shop-v3', port: 80 } };
  const third = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
  await sluice.apply(aDocument({ backends: [v3], strategy: third }));
  sluice.clusters.cluster('east').mode = 'works';
  await sluice.untilStatus('third', (status) => status.state === 'Paused' && status.generation === 3);
  expect(sluice.clusters.split('east')).toMatchObject({ v1: 5_000, v3: 5_000 });
});
