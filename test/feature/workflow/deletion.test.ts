import { afterEach, expect, it } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1 } from './scripted-sluice.ts';

/** Scripted: a cluster goes away between the rollout and the deletion, and stays away. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const INGRESS = { kind: 'Ingress' };
const BACKENDS = [
  { ...V1, weight: 1 },
  { ...V1, name: 'w', cluster: 'west', weight: 1 },
];
const ORPHAN = { kind: 'Ingress', cluster: 'west', namespace: 'default', name: 'shop' };

it('gives leaves up after orphanAfter, lists them, and removes all others', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ leaf: INGRESS, backends: BACKENDS, deletion: { orphanAfter: '3s' } }));
  await sluice.untilReady();
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.client.steer('delete', 'default', 'shop', {});
  await sluice.untilStatus('waits for west', ({ message }) => message.includes('waiting for cluster west'));
  const status = await sluice.untilDeleted();
  expect(status.orphans).toEqual([ORPHAN]);
  expect(status.message).toBe('deleted; left behind: Ingress default/shop in west');
  expect(sluice.clusters.removed.map(({ cluster }) => cluster)).toEqual(['east']);
  expect((await sluice.store.list()).length).toBe(0);
});

it('gives them up at once when a deletion that waits is forced', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ leaf: INGRESS, backends: BACKENDS }));
  await sluice.untilReady();
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.client.steer('delete', 'default', 'shop', {});
  await sluice.untilStatus('waits for west', ({ message }) => message.includes('waiting for cluster west'));
  await sluice.client.steer('delete', 'default', 'shop', { force: true });
  const status = await sluice.untilDeleted();
  expect(status.orphans).toEqual([ORPHAN]);
  expect(status.history.map(({ action }) => action).slice(-3)).toEqual(['DeleteRequested', 'Orphaned', 'Deleted']);
});

it('does not let a cluster that is away hold up a rollout that leaves it', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const deletion = { orphanAfter: '2s' };
  await sluice.apply(aDocument({ leaf: INGRESS, backends: BACKENDS, deletion }));
  await sluice.untilReady();
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ leaf: INGRESS, backends: [V1], deletion }));
  const status = await sluice.untilReady(2);
  expect(status.orphans).toEqual([ORPHAN]);
});
