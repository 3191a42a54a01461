import { afterEach, expect, it } from 'vitest';
import type { Status } from '../../../src/workflows/status.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: controllers and DNS servers that do not follow. */
let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };
const paused = ({ state }: Status): boolean => state === 'Paused';
const rolledBack = ({ state }: Status): boolean => state === 'RolledBack';

async function serving(): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1, V1_WEST] }));
  await sluice.untilReady();
}

function begin(rollout: object): Promise<void> {
  return sluice.apply(aDocument({ backends: [V2, V2_WEST], strategy: CANARY, rollout }));
}

function gateOf({ rollout }: Status, gate: string): { readonly state: string; readonly message: string } | undefined {
  const step = rollout?.steps.find(({ step: { kind }, gates }) => kind === 'setWeight' && gates !== undefined);
  return step?.gates?.find((one) => one.gate === gate);
}

const saidOf = ({ history }: Status, action: string): readonly string[] =>
  history.filter((entry) => entry.action === action).map(({ message }) => message);

const NOT_TAKEN_UP =
  'not taken up within 1s: HTTPRoute default/shop in west (HTTPRoute default/shop waits for its controller)';

it('goes back when controllers do not take up a weight in the time that leaves have', async () => {
  await serving();
  sluice.clusters.cluster('west').mode = 'unobserved';
  await begin({ leaves: { within: '1s' } });
  const back = await sluice.untilStatus('rolled back', rolledBack);
  expect(back.rollout?.outcome).toMatchObject({ reason: 'ProgressDeadlineExceeded', message: NOT_TAKEN_UP });
  expect(gateOf(back, 'leaves')).toEqual({ gate: 'leaves', state: 'failed', message: NOT_TAKEN_UP });
  expect(gateOf(back, 'planes')?.state).toBe('waiting');
});

it('goes on without the leaves that are not taken up where the spec says so, and names them', async () => {
  await serving();
  sluice.clusters.cluster('west').mode = 'unobserved';
  await begin({ leaves: { within: '1s', otherwise: 'goOn' } });
  const on = await sluice.untilStatus('paused', paused);
  const message = `${NOT_TAKEN_UP}; gone on without it`;
  expect(gateOf(on, 'leaves')).toEqual({ gate: 'leaves', state: 'failed', message });
  expect(gateOf(on, 'planes')?.state).toBe('passed');
  expect(saidOf(on, 'WentOn')).toEqual([message]);
  expect(sluice.clusters.split('east')).toEqual({ v1: 2_500, v2: 2_500 });
  sluice.clusters.cluster('west').mode = 'works';
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilReady(2);
  expect(sluice.clusters.split('west')).toEqual({ 'v2-west': 5_000 });
});

it('goes back also with leaves to go on without when a cluster refuses them', async () => {
  await serving();
  await begin({ leaves: { within: '1m', otherwise: 'goOn' } });
  await sluice.untilStatus('paused', paused);
  sluice.clusters.cluster('west').mode = 'refuses';
  await sluice.client.steer('promote', 'default', 'shop', {});
  const back = await sluice.untilStatus('rolled back', rolledBack);
  expect(back.rollout?.outcome).toMatchObject({ reason: 'LeafRefused' });
});

it('goes back when a DNS server does not follow in the time that planes have', async () => {
  await serving();
  sluice.plane.silent = ['two'];
  await begin({ planes: { within: '1s' } });
  await sluice.untilStatus('going back', ({ state }) => state === 'RollingBack');
  sluice.plane.silent = [];
  const back = await sluice.untilStatus('rolled back', rolledBack);
  const { message } = gateOf(back, 'planes') ?? {};
  expect(gateOf(back, 'planes')?.state).toBe('failed');
  expect(message).toMatch(/^revision \d+ is not served within 1s: two \(two is away\)$/);
  expect(back.rollout?.outcome).toMatchObject({ reason: 'ProgressDeadlineExceeded', message });
  expect(gateOf(back, 'caches')).toBeUndefined();
});

it('goes on without a DNS server that does not follow where the spec says so, but removes nothing before it does', async () => {
  await serving();
  sluice.plane.silent = ['two', 'three'];
  await begin({ planes: { within: '1s', otherwise: 'goOn' } });
  const on = await sluice.untilStatus('paused', paused);
  const who = 'two (two is away), three (three is away); gone on without them';
  const message = `revision ${on.revision} is not served within 1s: ${who}`;
  expect(gateOf(on, 'planes')).toEqual({ gate: 'planes', state: 'failed', message });
  expect(gateOf(on, 'caches')?.state).toBe('passed');
  expect(saidOf(on, 'WentOn')).toEqual([message]);
  const { until } = on.rollout?.steps.find(({ step: { kind } }) => kind === 'setWeight') ?? {};
  const givenUpAt = on.history.find(({ action }) => action === 'WentOn')?.at;
  // A TTL of 1 s after the one that follows did so, and not after the others were given up.
  expect(Date.parse(until ?? '')).toBeLessThan(Date.parse(givenUpAt ?? '') + 1_000);
  await sluice.client.steer('promote', 'default', 'shop', {});
  const waiting = await sluice.untilStatus('about to remove', ({ rollout, message: sentence }) => {
    return rollout?.steps[rollout.step]?.step.kind === 'removeLeaves' && sentence.includes('two is away');
  });
  expect(sluice.clusters.removed).toEqual([]);
  expect(waiting.backends.map(({ drain }) => drain?.isProved ?? false)).not.toContain(true);
  sluice.plane.silent = [];
  await sluice.untilReady(2);
  // Those who were late gave such answers until then.
  expect(await sluice.timers('Until answers of those who were late have left caches')).toEqual([1_000]);
});

it('does not go on when no DNS server follows', async () => {
  await serving();
  sluice.plane.away = true;
  await begin({ planes: { within: '1s', otherwise: 'goOn' }, onFailure: 'hold' });
  const held = await sluice.untilStatus('held', ({ state }) => state === 'Held');
  expect(held.rollout?.held?.message).toContain('one (one is away); there is no other to go on with');
  expect(saidOf(held, 'WentOn')).toEqual([]);
});
