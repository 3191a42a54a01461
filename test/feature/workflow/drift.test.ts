import { afterEach, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: somebody changes a leaf in the moment after it was written, again and again. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const ROUTE = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
const EDIT = [{ path: '.spec.rules', wanted: '2', found: '1', manager: 'kubectl-edit' }];

function actions({ history }: Status): readonly string[] {
  return history.map(({ action }) => action);
}

it('takes a changed leaf back, and says who changed what', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  const writes = sluice.clusters.applied.length;
  sluice.clusters.change(ROUTE, EDIT);
  const status = await sluice.untilStatus('taken back', (now) => actions(now).includes('TakenBack'));
  expect(sluice.clusters.applied.length).toBe(writes + 1);
  expect(status.history.find(({ action }) => action === 'Drifted')?.message).toBe(
    'HTTPRoute default/shop in east was changed by kubectl-edit: .spec.rules wanted 2, found 1',
  );
  expect(status.backends[0]?.drift).toBeUndefined();
});

it('leaves a contested leaf alone after five times, and says so', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  const writes = sluice.clusters.applied.length;
  sluice.clusters.contest = [{ ...EDIT[0], found: '7' } as (typeof EDIT)[number]];
  sluice.clusters.change(ROUTE, EDIT);
  const status = await sluice.untilStatus('contested', (now) => actions(now).includes('DriftContested'));
  expect(sluice.clusters.applied.length).toBe(writes + 5);
  expect(status.message).toContain('it was taken back 5 times in ten minutes and is left alone now');
  expect(status.backends[0]?.drift).toEqual(sluice.clusters.contest);
});

it('takes a contested leaf back again after somebody has applied another spec', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1] }));
  await sluice.untilReady();
  sluice.clusters.contest = EDIT;
  sluice.clusters.change(ROUTE, EDIT);
  await sluice.untilStatus('contested', (now) => actions(now).includes('DriftContested'));
  sluice.clusters.contest = [];
  await sluice.apply(aDocument({ backends: [{ ...V1, weight: 2 }] }));
  const status = await sluice.untilReady(2);
  expect(status.backends[0]?.drift).toBeUndefined();
});

it('holds the next step until the change is undone', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ backends: [V1], drift: 'hold' }));
  await sluice.untilReady();
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }, { setWeight: 50 }] } };
  await sluice.apply(aDocument({ backends: [V2], drift: 'hold', strategy }));
  await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  sluice.clusters.change(ROUTE, EDIT);
  await sluice.untilStatus('drift is seen', ({ backends }) => backends.some(({ drift }) => drift));
  await sluice.client.steer('promote', 'default', 'shop', {});
  const held = await sluice.untilStatus('held', ({ message }) => message.startsWith('held before step'));
  expect(held.message).toContain('changed by kubectl-edit');
  expect(held.state).toBe('Paused');
  sluice.clusters.change(ROUTE, []);
  await sluice.untilReady(2);
  // Who has put the field back owns it: without force the last weights could not be written.
  expect(sluice.clusters.last('east')?.drift).toBe('takeBack');
});
