import { afterEach, expect, it } from 'vitest';
import { workflowId } from '../../../src/spec/names.ts';
import { previewQuery } from '../../../src/workflows/messages.ts';
import type { Status } from '../../../src/workflows/status.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: what a dry run says while a rollout is under way, and what then becomes of the document. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const WEST = { name: 'w', cluster: 'west', service: { name: 'shop', port: 80 } };
const HALF = { setWeight: 50 };
const SOAK = { pause: { duration: '1h' } };
const ONE_TTL = { ttl: '1s' };

const canary = (...steps: readonly object[]) => ({ canary: { steps } });

async function soaking(dns: object = ONE_TTL): Promise<Status> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: [WEST], strategy: canary(HALF, SOAK), dns }));
  return await sluice.untilStatus('soaking', ({ message }) => message.includes('pausing until'));
}

it('plans a document that is to be queued from the end of the rollout under way', async () => {
  // Until its end it answers with the short one.
  const dns = { ttl: '2s', rolloutTtl: '1s' };
  await soaking(dns);
  const next = aDocument({ backends: [V2], strategy: canary({ setWeight: 10 }), rollout: { onChange: 'queue' }, dns });
  const { outcome, change, plan } = await sluice.client.preview(next);
  expect(outcome).toBe('queued');
  const message = 'begins when generation 2 has ended; planned as if that completes';
  expect(change).toEqual({ kind: 'queued', message });
  expect(Object.values(plan.from.shares)).toEqual([10_000]);
  expect(plan.from.backends.map(({ name }) => name)).toEqual(['w']);
  // The leaf in east is there now, and will have been removed.
  const { create, update, remove } = plan.leaves;
  expect([create, update, remove].map((refs) => refs.map(({ cluster }) => cluster))).toEqual([['east'], [], ['west']]);
  expect([plan.changes, plan.leafChanges]).toEqual([[], undefined]);
  await sluice.apply(next);
  const { generation, queued } = await sluice.status();
  expect({ generation, queued: queued?.generation }).toEqual({ generation: 2, queued: 3 });
  await sluice.client.steer('promote', 'default', 'shop', {});
  const { rollout } = await sluice.untilReady(3);
  expect(rollout?.steps.map(({ step }) => step)).toEqual(plan.steps);
});

it('plans it from the leaves that the rollout under way is to write, also before they are written', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ backends: [V1, WEST], drift: 'accept', preview: {} }));
  await sluice.untilStatus('waits', ({ message }) => message.includes('waiting for cluster west'));
  const next = aDocument({ backends: [WEST], drift: 'accept', preview: {}, rollout: { onChange: 'queue' } });
  const { outcome, plan } = await sluice.client.preview(next);
  expect(outcome).toBe('queued');
  expect(plan.leafChanges).toBeUndefined();
  expect(plan.leaves.create).toEqual([]);
  expect(plan.leaves.update.map(({ cluster }) => cluster)).toContain('west');
});

it('plans the steps that are left for a document that amends the rollout under way', async () => {
  const { rollout: before } = await soaking();
  const steps = [HALF, { pause: { duration: '2h' } }, { setWeight: 80 }];
  const next = aDocument({ backends: [WEST], strategy: canary(...steps), rollout: { onChange: 'amend' } });
  const { outcome, change, plan } = await sluice.client.preview(next);
  expect(outcome).toBe('updated');
  const [pause, ...later] = plan.steps;
  expect(pause).toMatchObject({ kind: 'pause' });
  const { rollout: untouched } = await sluice.status();
  expect(untouched?.steps.map(({ step }) => step)).toEqual(before?.steps.map(({ step }) => step));
  await sluice.apply(next);
  const { rollout } = await sluice.untilStatus('amended', ({ generation }) => generation === 3);
  const { step = 0, steps: all = [] } = rollout ?? {};
  expect(all.slice(step + 1).map((one) => one.step)).toEqual(later);
  const position = `step ${step + 1} of ${all.length}, which goes on until ${all[step]?.until}`;
  const message = `goes on with generation 2 at ${position}; these are the steps left`;
  expect(change).toEqual({ kind: 'amended', message });
});

it('plans what is left of a soak that is amended, by the clock of whoever asks', async () => {
  const { rollout } = await soaking();
  const steps = [HALF, { pause: { duration: '2h' } }, { setWeight: 80 }];
  const next = aDocument({ backends: [WEST], strategy: canary(...steps), rollout: { onChange: 'amend' } });
  const soaked = 600;
  const now = Date.parse(rollout?.steps[rollout.step]?.startedAt ?? '') + soaked * 1_000;
  const handle = sluice.temporal.workflow.getHandle(workflowId('default', 'shop'));
  const { plan } = await handle.query(previewQuery, next, sluice.clusters.list(), now);
  const [pause, ...later] = plan.steps;
  const left = 7_200 - soaked;
  expect(pause).toMatchObject({ kind: 'pause', durationSeconds: left });
  const ttls = later.map((step) => (step.kind === 'setWeight' ? step.ttlSeconds : 0));
  expect(plan.earliestSeconds).toBe(ttls.reduce((sum, ttl) => sum + ttl, left));
});

it('says that a document ends the rollout under way when nothing else is said', async () => {
  const { rollout } = await soaking();
  const { outcome, change, plan } = await sluice.client.preview(aDocument({ backends: [V2] }));
  expect(outcome).toBe('updated');
  const { step = 0, steps = [] } = rollout ?? {};
  const message = `ends generation 2 at step ${step + 1} of ${steps.length}, and begins from the shares in force`;
  expect(change).toEqual({ kind: 'superseded', message });
  expect(Object.values(plan.from.shares)).toEqual([5_000, 5_000]);
});
