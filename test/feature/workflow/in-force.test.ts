import { afterEach, expect, it, vi } from 'vitest';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: what planes count, and what gateways answer. */
let sluice: ScriptedSluice;
afterEach(async () => {
  vi.restoreAllMocks();
  await sluice.stop();
});

const WEST = { name: 'w', cluster: 'west', service: { name: 'shop', port: 80 } };
const paused = ({ state }: { readonly state: string }): boolean => state === 'Paused';

async function serving(spec: object = {}): Promise<void> {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1], ...spec }));
  await sluice.untilReady();
}

/** A shift is served, and answers given before may be cached yet. */
async function untilCaches(): Promise<void> {
  await sluice.untilStatus('caches', ({ rollout }) => {
    return rollout?.steps.some(({ gates }) => gates?.some(({ gate }) => gate === 'caches')) ?? false;
  });
}

it('asks the new side before anybody gets it, and goes back when it fails', async () => {
  await serving();
  const verify = { count: 3, path: '/ready' };
  const steps = [{ verify }, { setWeight: 10 }, { pause: {} }];
  sluice.clusters.cluster('west').answers = { kind: 'failed', reason: 'ProbeFailed', message: 'answered 500' };
  const put = vi.spyOn(sluice.store, 'put');
  await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } } }));
  const back = await sluice.untilStatus('rolled back', ({ state }) => state === 'RolledBack');
  expect(back.message).toContain('VerificationFailed');
  expect(back.message).toContain('answered 500');
  const shares = put.mock.calls.flatMap(([{ targets }]) => targets.filter(({ cluster }) => cluster === 'west'));
  expect(shares.map(({ share }) => share)).toContain(0);
  expect(shares.filter(({ share }) => share > 0)).toEqual([]);
  sluice.clusters.cluster('west').answers = { kind: 'passed' };
  await sluice.client.steer('retry', 'default', 'shop', {});
  await sluice.untilStatus('at 10 %', paused);
  expect(await sluice.published()).toEqual({ east: 9_000, west: 1_000 });
});

it('does not end a step whose shares planes do not give, and says what they give', async () => {
  await serving();
  const steps = [{ setWeight: 50 }, { pause: {} }];
  const rollout = { onFailure: 'hold', measured: { tolerance: 5, within: '1s' } };
  await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } }, rollout }));
  await untilCaches();
  sluice.plane.answers = { east: 4_000 };
  const held = await sluice.untilStatus('held', ({ state }) => state === 'Held');
  expect(held.rollout?.held?.reason).toBe('SharesNotInForce');
  const gates = held.rollout?.steps.find(({ step }) => step.kind === 'setWeight')?.gates ?? [];
  expect(gates.map(({ gate, state }) => `${gate} ${state}`)).toEqual([
    'planes passed',
    'caches passed',
    'measured failed',
  ]);
});

it('goes on with shares that planes do not give, where the spec says so, and tells of it', async () => {
  await serving();
  const steps = [{ setWeight: 50 }, { pause: {} }];
  const rollout = { measured: { tolerance: 5, within: '1s', otherwise: 'goOn' } };
  await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } }, rollout }));
  await untilCaches();
  sluice.plane.answers = { east: 4_000 };
  const { history, rollout: at } = await sluice.untilStatus('paused', paused);
  expect(history.find(({ action }) => action === 'SharesDiffer')?.message).toMatch(/west has 0 %, wanted is 50 %/);
  expect(at?.steps.find(({ step }) => step.kind === 'setWeight')?.gates?.at(-1)).toMatchObject({
    gate: 'measured',
    state: 'failed',
    message: expect.stringMatching(/west has 0 %.*; gone on all the same$/),
  });
});

it('does not measure where answers follow who asks, and says so', async () => {
  const dns = { ttl: '1s', draw: 'sticky' };
  await serving({ dns });
  const steps = [{ setWeight: 50 }, { pause: {} }];
  await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } }, dns }));
  await untilCaches();
  sluice.plane.answers = { east: 4_000 };
  const { rollout } = await sluice.untilStatus('paused', paused);
  expect(rollout?.steps.find(({ step }) => step.kind === 'setWeight')?.gates?.at(-1)).toMatchObject({
    gate: 'measured',
    state: 'skipped',
    message: expect.stringContaining('answers follow who asks'),
  });
});

it('shows what was measured beside what is wanted', async () => {
  await serving();
  const steps = [{ setWeight: 50 }, { pause: {} }];
  await sluice.apply(aDocument({ backends: [WEST], strategy: { canary: { steps } } }));
  await untilCaches();
  sluice.plane.answers = { east: 2_010, west: 1_990 };
  const { backends, rollout } = await sluice.untilStatus('paused', paused);
  expect(backends.find(({ cluster }) => cluster === 'west')?.measuredShare).toBe(4_975);
  expect(rollout?.steps.find(({ step }) => step.kind === 'setWeight')?.gates?.at(-1)).toMatchObject({
    gate: 'measured',
    state: 'passed',
  });
});

it('lowers the TTL before the first step and raises it after the last', async () => {
  await serving({ dns: { ttl: '3s', rolloutTtl: '1s' } });
  const steps = [{ setWeight: 50 }, { pause: {} }];
  await sluice.apply(
    aDocument({ backends: [WEST], strategy: { canary: { steps } }, dns: { ttl: '3s', rolloutTtl: '1s' } }),
  );
  const { rollout } = await sluice.untilStatus('paused', paused);
  expect(await sluice.ttl()).toBe(1);
  const lowered = rollout?.steps.find(({ step }) => step.kind === 'setTtl');
  expect(Date.parse(lowered?.endedAt ?? '') - Date.parse(lowered?.startedAt ?? '')).toBeGreaterThanOrEqual(3_000);
  await sluice.client.steer('promote', 'default', 'shop', {});
  await sluice.untilReady(2);
  expect(await sluice.ttl()).toBe(3);
});

it('keeps who did what, where, why, and what changed', async () => {
  await serving();
  const steps = [{ setWeight: 50 }, { pause: {} }];
  await sluice.client.apply(aDocument({ backends: [V2], strategy: { canary: { steps } } }), {
    actor: 'http:alice',
    door: 'http',
    reason: 'release 2',
  });
  await sluice.untilStatus('paused', paused);
  await sluice.client.steer('abort', 'default', 'shop', { actor: 'http:bob', door: 'cli', reason: 'errors' });
  const { history } = await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 1));
  expect(history.find(({ action, reason }) => action === 'Applied' && reason === 'release 2')).toMatchObject({
    actor: 'http:alice',
    door: 'http',
    before: { generation: 1 },
    after: { generation: 2 },
  });
  expect(history.find(({ action }) => action === 'Aborted')).toMatchObject({
    actor: 'http:bob',
    door: 'cli',
    reason: 'errors',
    before: { state: 'Paused' },
    after: { state: 'RollingBack' },
  });
});
