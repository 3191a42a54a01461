import { afterEach, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1 } from './scripted-sluice.ts';

/** Scripted: labels and addresses change in the middle of a step. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const EU = { labels: { region: 'eu' } };
const INGRESS = { kind: 'Ingress' };
const WEB = { name: 'web', clusterSelector: { matchLabels: { region: 'eu' } }, service: { name: 'shop', port: 80 } };

it('rolls a change of the selection out, also in the middle of a rollout', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: EU, west: EU, north: {} }));
  await sluice.apply(aDocument({ leaf: INGRESS, backends: [WEB] }));
  await sluice.untilReady();
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
  const strategy = { canary: { steps: [{ setWeight: 10 }, { pause: {} }] } };
  await sluice.apply(aDocument({ leaf: INGRESS, backends: [WEB], strategy }));
  await sluice.untilReady(2);
  sluice.clusters.label('north', { region: 'eu' });
  await sluice.untilStatus('paused', ({ state }) => state === 'Paused');
  sluice.clusters.label('west', {});
  const status = await sluice.untilStatus(
    'west leaves',
    ({ generation, state }) => generation === 4 && state === 'Paused',
  );
  expect(status.history.filter(({ action }) => action === 'Placed').map(({ message }) => message)).toEqual([
    'joined: north',
    'left: west',
  ]);
  await sluice.client.steer('promote', 'default', 'shop', { full: true });
  await sluice.untilReady(4);
  expect(await sluice.published()).toEqual({ east: 5_000, north: 5_000 });
  expect(sluice.clusters.removed.map(({ cluster }) => cluster)).toEqual(['west']);
});

it('keeps the last placement when no cluster is selected any more, and says so', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: EU }));
  await sluice.apply(aDocument({ leaf: INGRESS, backends: [WEB] }));
  await sluice.untilReady();
  sluice.clusters.label('east', {});
  const status = await sluice.untilStatus('held', ({ message }) => message.includes('the last placement stays'));
  expect([status.generation, await sluice.published()]).toEqual([1, { east: 10_000 }]);
  sluice.clusters.label('east', { region: 'eu' });
  await sluice.untilStatus('as before', ({ message }) => message === 'generation 1 serves all traffic');
});

it('tells the planes of a new address within a second, in the middle of a step too, and a burst at once', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  const backends = [
    { ...V1, weight: 1 },
    { ...V1, name: 'v1-west', cluster: 'west', weight: 1 },
  ];
  await sluice.apply(aDocument({ leaf: INGRESS, backends }));
  const { revision } = await sluice.untilReady();
  const tookMs: number[] = [];
  for (const burst of [1, 2, 3]) {
    const movedAt = performance.now();
    for (let last = 100; last <= 120; last += 1) sluice.clusters.move('east', [`127.0.${burst}.${last}`]);
    const moved = async () => ((await sluice.addresses('east'))[0] === `127.0.${burst}.120` ? true : undefined);
    await until(moved, { what: 'the last address is published' });
    tookMs.push(performance.now() - movedAt);
  }
  // What else the machine does may hold up one of them.
  expect(Math.min(...tookMs)).toBeLessThan(1_000);
  await sluice.untilStatus('settled', ({ state }) => state === 'Ready');
  expect((await sluice.status()).revision).toBeLessThanOrEqual(revision + 9);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
});

it('lets a newer address overtake one that a plane which is away has not confirmed', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  await sluice.apply(aDocument({ leaf: INGRESS, backends: [V1] }));
  await sluice.untilReady();
  sluice.plane.away = true;
  sluice.clusters.move('east', ['127.0.0.101']);
  await until(async () => ((await sluice.addresses('east'))[0] === '127.0.0.101' ? true : undefined), {
    what: 'first',
  });
  sluice.clusters.move('east', ['127.0.0.102']);
  await until(async () => ((await sluice.addresses('east'))[0] === '127.0.0.102' ? true : undefined), {
    what: 'second',
  });
  sluice.plane.away = false;
});
