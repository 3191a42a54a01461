import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Ready endpoints are scripted here: what counts is when they come, and what is said meanwhile. */
let sluice: ScriptedSluice;
beforeEach(async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {}, north: {} }));
});
afterEach(async () => await sluice.stop());

const V2_WEST = { ...V2, cluster: 'west' };
const V3_NORTH = { name: 'v3', cluster: 'north', service: { name: 'shop', port: 80 } };
const AT_90 = { canary: { steps: [{ setWeight: 90 }, { pause: {} }] } };

function inSteps(within = '1h') {
  return { rollback: { byEndpoints: { within } } };
}

/** A canary at 90 % beside a v1 that had five ready endpoints, and now has as many as are given. */
async function at90(
  ready: Readonly<Record<string, number>>,
  {
    before = [V1],
    after = [V2_WEST],
    rollout = inSteps(),
  }: { before?: object[]; after?: object[]; rollout?: object } = {},
): Promise<void> {
  sluice.clusters.endpoints.set({ v1: 5, v3: 5 });
  await sluice.apply(aDocument({ backends: before, rollout }));
  await sluice.untilReady();
  await sluice.apply(aDocument({ backends: after, strategy: AT_90, rollout }));
  await sluice.untilStatus('paused at 90 %', ({ state }) => state === 'Paused');
  sluice.clusters.endpoints.set(ready);
}

const abort = async () => await sluice.client.steer('abort', 'default', 'shop', { reason: 'errors' });

async function untilPublished(shares: Record<string, number>): Promise<void> {
  const isSo = async () => {
    const published = await sluice.published();
    return Object.entries(shares).every(([cluster, share]) => (published[cluster] ?? 0) === share) || undefined;
  };
  await until(isSo, { what: `published ${JSON.stringify(shares)}`, timeoutMs: 30_000 });
}

const untilRolledBack = () => sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
const untilWaiting = (words: string) => sluice.untilStatus(words, ({ message }) => message.includes(words));

function messagesOf({ history }: Status, action: string): readonly string[] {
  return history.filter((entry) => entry.action === action).map(({ message }) => message);
}

it('goes back as far as ready endpoints bear it, step by step, says what it waits for, and ends at the whole share', async () => {
  await at90({ v1: 2 });
  await abort();
  await untilPublished({ east: 4_000, west: 6_000 });
  const waiting = await untilWaiting('waiting for ready endpoints: v1 has 2 of 5, which bear 40 %');
  expect(waiting.state).toBe('RollingBack');
  expect(waiting.message).toMatch(/what is left goes back at once at \d{4}-.*Z, or when it is aborted again/);
  sluice.clusters.endpoints.set({ v1: 1 });
  await untilWaiting('v1 has 1 of 5, which bear 20 %');
  expect(await sluice.published()).toEqual({ east: 4_000, west: 6_000 });
  sluice.clusters.endpoints.set({ v1: 4 });
  await untilPublished({ east: 8_000, west: 2_000 });
  sluice.clusters.endpoints.set({ v1: 6 });
  const status = await untilRolledBack();
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
  expect(messagesOf(status, 'RollingBack')).toEqual([
    'Aborted: errors',
    'v1 back to 40 %: 2 of 5 endpoints are ready',
    'v1 back to 80 %: 4 of 5 endpoints are ready',
    'v1 back to 100 %: 6 of 5 endpoints are ready',
  ]);
  expect(status.history.find(({ message }) => message.includes('40 %'))).toMatchObject({
    before: { shares: { east: 1_000, west: 9_000 } },
    after: { shares: { east: 4_000, west: 6_000 } },
  });
});

it('does the same inside a cluster that splits its traffic', async () => {
  await at90({ v1: 2 }, { after: [V2] });
  await abort();
  await untilWaiting('which bear 40 %');
  expect(sluice.clusters.split('east')).toEqual({ v1: 4_000, v2: 6_000 });
  sluice.clusters.endpoints.set({ v1: 5 });
  await untilRolledBack();
  expect(sluice.clusters.split('east')).toEqual({ v1: 10_000, v2: 0 });
});

it('lets a cluster that bears its share have it, while another one waits', async () => {
  await at90({ v1: 1, v3: 5 }, { before: [V1, V3_NORTH] });
  await abort();
  await untilPublished({ east: 1_000, north: 5_000, west: 4_000 });
  sluice.clusters.endpoints.set({ v1: 5, v3: 5 });
  await untilRolledBack();
  expect(await sluice.published()).toEqual({ east: 5_000, north: 5_000, west: 0 });
});

it('goes back at once when it is aborted a second time, and not a third time', async () => {
  await at90({ v1: 1 });
  await abort();
  await untilWaiting('which bear 20 %');
  const { message } = await abort();
  expect(message).toBe('all traffic goes back to generation 1 at once');
  await expect(abort()).rejects.toThrow('nothing to abort');
  await untilRolledBack();
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
});

it('goes back at once when the time for it is over, and says so', async () => {
  await at90({ v1: 1 }, { rollout: inSteps('2s') });
  await abort();
  const status = await untilRolledBack();
  expect(await sluice.published()).toEqual({ east: 10_000, west: 0 });
  expect(messagesOf(status, 'RollingBack')).toEqual([
    'Aborted: errors',
    'v1 back to 20 %: 1 of 5 endpoints are ready',
    'the rest at once: 2s are over, and v1 had too few ready endpoints until then',
  ]);
});

it('waits for nobody of whom nothing is known', async () => {
  await at90({});
  await abort();
  const status = await untilRolledBack();
  expect(messagesOf(status, 'RollingBack').at(-1)).toBe(
    'v1 back to 100 %: its cluster does not say how many endpoints are ready',
  );
});

it('goes back at once when nothing was counted, and says so', async () => {
  await at90({ v1: 1 }, { rollout: {} });
  await sluice.apply(aDocument({ backends: [V2_WEST], strategy: AT_90, rollout: { ...inSteps(), onChange: 'amend' } }));
  await abort();
  const status = await untilRolledBack();
  expect(messagesOf(status, 'RollingBack')).toEqual([
    'Aborted: errors',
    'at once, since the endpoints of generation 1 were not counted when it completed',
  ]);
});

it('counts nothing for those who do not ask for it', async () => {
  await at90({ v1: 1 }, { rollout: {} });
  await abort();
  await untilRolledBack();
  expect(sluice.clusters.endpoints.followed).toBe(0);
});

it('forgets neither what it has counted nor where it is when it goes on in another run', async () => {
  await at90({ v1: 1 });
  await abort();
  await untilWaiting('which bear 20 %');
  const { message: before } = await sluice.status();
  await sluice.lengthenHistory();
  expect((await untilWaiting('which bear 20 %')).message).toBe(before);
  sluice.clusters.endpoints.set({ v1: 3 });
  await untilPublished({ east: 6_000, west: 4_000 });
  sluice.clusters.endpoints.set({ v1: 5 });
  const status = await untilRolledBack();
  expect(messagesOf(status, 'RollingBack')).toHaveLength(4);
});

it('takes a drain along that comes meanwhile', async () => {
  await at90({ v1: 1, v3: 5 }, { before: [V1, V3_NORTH], after: [V2_WEST, V3_NORTH] });
  await abort();
  await untilPublished({ east: 1_000, north: 5_000, west: 4_000 });
  const { message } = await sluice.client.steer('drain', 'default', 'shop', {
    cluster: 'north',
    reason: 'maintenance',
  });
  expect(message).toBe('drain of north as far as the others bear it, since the last rollout is taken back');
  await untilWaiting('v1 has 1 of 5, which bear 10 %');
  // All of it is for v1 now, and half of it was so when five endpoints had it.
  sluice.clusters.endpoints.set({ v1: 5 });
  await untilWaiting('v1 has 5 of 5, which bear 50 %');
  expect(await sluice.published()).toMatchObject({ east: 5_000 });
  sluice.clusters.endpoints.set({ v1: 10 });
  await untilRolledBack();
  expect(await sluice.published()).toEqual({ east: 10_000, north: 0, west: 0 });
});

it('lets a deletion go before', async () => {
  await at90({ v1: 1 });
  await abort();
  await untilWaiting('which bear 20 %');
  await sluice.client.steer('delete', 'default', 'shop', {});
  await sluice.untilDeleted();
});
