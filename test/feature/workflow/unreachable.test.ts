import { afterEach, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: a cluster goes away at the moment that matters, and comes back. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const WEST = { name: 'west', cluster: 'west', service: { name: 'shop', port: 80 } };
const NORTH = { ...WEST, name: 'north', cluster: 'north' };
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
const GO_ON = { unreachable: { goOn: { after: '1s' } } };
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

async function serving(...backends: readonly object[]): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {}, north: {} }));
  await sluice.apply(aDocument({ backends }));
  await sluice.untilReady();
}

/** Waits until a cluster that is away was asked so often that it is away for longer than `goOn` is patient. */
async function untilTriedFor(cluster: string): Promise<void> {
  const isEnough = (): true | undefined => (sluice.clusters.refusals(cluster) >= 6 ? true : undefined);
  await until(isEnough, { what: `${cluster} was asked often` });
}

it('goes on without a cluster that does not answer, and brings it to the step of the others when it is back', async () => {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ backends: [V1, WEST, NORTH], strategy: CANARY, rollout: GO_ON }));
  const without = await sluice.untilStatus('half, without west', paused);
  expect(without.withheld).toMatchObject([{ cluster: 'west', why: 'unreachable', reason: 'no answer for 1s' }]);
  expect(without.message).toContain('west gets no traffic (it cannot be reached: no answer for 1s)');
  expect(await sluice.published()).toEqual({ east: 7_501, north: 2_499, west: 0 });
  sluice.clusters.comeBack('west');
  const within = await sluice.untilStatus('half, with west', (status) => paused(status) && !status.withheld);
  expect(await sluice.published()).toEqual({ east: 6_667, north: 1_667, west: 1_666 });
  expect(within.rollout?.step).toBe(without.rollout?.step);
  await sluice.client.steer('promote', 'default', 'shop', {});
  const { history } = await sluice.untilReady(2);
  expect(await sluice.published()).toEqual({ east: 3_334, north: 3_333, west: 3_333 });
  const told = history.filter(({ action }) => action.startsWith('Cluster'));
  expect(told.map(({ action, actor, after }) => [action, actor, after?.withheld])).toEqual([
    ['ClusterUnreachable', 'sluice', ['west']],
    ['ClusterReturned', 'sluice', undefined],
  ]);
});

it('brings it there also while a person holds the next step back', async () => {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ backends: [V1, WEST, NORTH], strategy: CANARY, rollout: GO_ON }));
  await sluice.untilStatus('half, without west', paused);
  await sluice.client.steer('pause', 'default', 'shop', { actor: 'cli:alice' });
  sluice.clusters.comeBack('west');
  await sluice.untilStatus('half, with west', ({ message, withheld }) => {
    return !withheld && /^paused by cli:alice before step|paused until promoted/.test(message);
  });
  expect(await sluice.published()).toEqual({ east: 6_667, north: 1_667, west: 1_666 });
});

it('brings a cluster that comes back after the rollout to where the others are', async () => {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ backends: [V1, WEST], rollout: GO_ON }));
  await sluice.untilReady(2);
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
  sluice.clusters.comeBack('west');
  await sluice.untilStatus('west is in', ({ state, withheld }) => state === 'Ready' && !withheld);
  expect(await sluice.published()).toEqual({ east: 5_000, west: 5_000 });
});

it('waits for a cluster that does not answer when nothing else is said', async () => {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'away';
  await sluice.apply(aDocument({ backends: [V1, WEST], strategy: CANARY }));
  await sluice.untilStatus('waits', ({ message }) => message.includes('waiting for cluster west'));
  await untilTriedFor('west');
  expect(await sluice.published()).toEqual({ east: 10_000 });
  sluice.clusters.comeBack('west');
  await sluice.untilStatus('goes on', paused);
});

it('waits for the only cluster there is', async () => {
  await serving(V1);
  sluice.clusters.cluster('east').mode = 'away';
  await sluice.apply(aDocument({ backends: [V2], rollout: GO_ON }));
  await sluice.untilStatus('waits', ({ message }) => message.includes('waiting for cluster east'));
  await untilTriedFor('east');
  sluice.clusters.comeBack('east');
  const { withheld } = await sluice.untilReady(2);
  expect(withheld).toBeUndefined();
});

const LONG = { goOn: { after: '1h' } };
const clocks = () => sluice.timers('Before west is left out');

async function untilClocks(count: number, what: string): Promise<void> {
  await until(async () => ((await clocks()).length >= count ? true : undefined), { what });
}

/** A rollout that waits for west, and how long it is to wait for it. */
async function waitingForWest(onChange: string): Promise<void> {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'away';
  const rollout = { unreachable: LONG, onChange };
  await sluice.apply(aDocument({ backends: [V1, WEST, NORTH], strategy: CANARY, rollout }));
  await untilClocks(1, 'the clock of west runs');
  expect(await clocks()).toEqual([3_600_000]);
}

const other = (onChange: string): object => ({
  backends: [V1, WEST, NORTH],
  strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }, { setWeight: 70 }] } },
  rollout: { unreachable: LONG, onChange },
});

it.each<[string, string, () => Promise<unknown>]>([
  ['another document', 'supersede', () => sluice.apply(aDocument(other('supersede') as never))],
  ['other remaining steps', 'amend', () => sluice.apply(aDocument(other('amend') as never))],
  ['a drain', 'supersede', () => sluice.client.steer('drain', 'default', 'shop', { cluster: 'north' })],
])('counts from when a cluster went away, also when %s comes meanwhile', async (_what, onChange, come) => {
  await waitingForWest(onChange);
  await come();
  await untilClocks(2, 'west is waited for again');
  expect((await clocks())[1]).toBeLessThan(3_600_000);
});

it('counts from when a cluster went away, also when it goes on in another run', async () => {
  await serving(V1);
  sluice.clusters.cluster('west').mode = 'unseen';
  const strategy = { direct: { readyTimeout: '2h', progressDeadline: '2h' } };
  await sluice.apply(aDocument({ backends: [V1, WEST], strategy, rollout: { unreachable: LONG } }));
  await untilClocks(1, 'the clock of west runs');
  await sluice.lengthenHistory();
  await untilClocks(2, 'west is waited for again');
  expect((await clocks())[1]).toBeLessThan(3_600_000);
});
