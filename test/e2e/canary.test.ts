import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/workflows/status.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { Kube } from '../support/kube.ts';
import { getThrough, testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

// The pause is long enough to measure the first share in, also on a busy machine.
const STEPS = [{ setWeight: 10 }, { pause: { duration: '8s' } }, { setWeight: 50 }, { pause: {} }];

/** Stratified draws stay within one of the exact share in a window that begins anywhere, so within two. */
const TOLERANCE = 2;

describe('a canary over two clusters', () => {
  let sluice: TestSluice;
  const east = () => testPlayground().cluster('east').address;
  const west = () => testPlayground().cluster('west').address;
  const host = () => sluice.host('shop');
  const first = () => aFederatedIngress({ name: 'shop', host: host(), backends: [V1_EAST] });
  const second = () =>
    aFederatedIngress({ name: 'shop', host: host(), backends: [V2_WEST], strategy: { canary: { steps: STEPS } } });

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'canary', ports: { api: 18_101, dns: 15_301 } });
  });
  afterAll(() => sluice?.stop());

  async function expectShares(eastOfThousand: number): Promise<void> {
    const counts = await sluice.dig.count(host(), 1_000);
    expect(Math.abs((counts[east()] ?? 0) - eastOfThousand)).toBeLessThanOrEqual(TOLERANCE);
    expect((counts[east()] ?? 0) + (counts[west()] ?? 0)).toBe(1_000);
  }

  /** Waits until a shift to `weight` has come to its end: in force, and nothing else in caches. */
  function untilWeight(weight: number): Promise<Status> {
    return sluice.untilStatus('shop', `${weight} %`, ({ rollout }) =>
      Boolean(
        rollout?.steps.some(
          ({ step, state }) => step.kind === 'setWeight' && step.weight === weight && state === 'done',
        ),
      ),
    );
  }

  it('does not answer for the hostname before it is ready', async () => {
    expect((await sluice.dig.ask(host())).rcode).toBe(3);
  });

  it('makes a leaf by server-side apply and serves it when it is ready', async () => {
    expect(await sluice.http.apply(first(), {})).toEqual({ outcome: 'created', generation: 1 });
    const status = await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');

    const ingress = await new Kube('east').ingress('shop');
    expect(ingress?.metadata?.managedFields?.map((entry) => [entry.manager, entry.operation])).toContainEqual([
      'sluice',
      'Apply',
    ]);
    expect(ingress?.status?.loadBalancer?.ingress).toEqual([{ ip: east() }]);
    expect(status.backends).toMatchObject([
      { name: 'v1', shareInForce: 10_000, wantedShare: 10_000, readiness: 'Ready' },
    ]);
    expect(await sluice.dig.ask(host())).toMatchObject({ rcode: 0, authoritative: true, values: [east()], ttl: 1 });
  });

  it('answers over HTTP with version 1 from east', async () => {
    const { address, httpPort } = testPlayground().cluster('east');
    expect(await getThrough(`http://${address}:${httpPort}/`, host())).toContain('v1');
  });

  it('says the same document again changes nothing', async () => {
    expect(await sluice.http.apply(first(), {})).toEqual({ outcome: 'unchanged', generation: 1 });
  });

  it('shows the plan before it is carried out, and changes nothing', async () => {
    const { outcome, plan } = await sluice.http.preview(second());
    expect(outcome).toBe('updated');
    expect(plan.steps.map((step) => (step.kind === 'setWeight' ? step.weight : step.kind))).toEqual([
      'applyLeaves',
      'awaitReady',
      10,
      'pause',
      50,
      'pause',
      100,
      'removeLeaves',
    ]);
    expect((await sluice.status('shop')).generation).toBe(1);
    expect(await new Kube('west').ingressNames()).not.toContain('shop');
  });

  it('gives the new version a tenth, measured by 1,000 queries', async () => {
    expect(await sluice.http.apply(second(), {})).toEqual({ outcome: 'updated', generation: 2 });
    await untilWeight(10);
    await expectShares(900);
  });

  it('answers for one cluster by its own name', async () => {
    expect((await sluice.dig.ask(`west.${host()}`)).values).toEqual([west()]);
    expect((await sluice.dig.ask(`east.${host()}`)).values).toEqual([east()]);
  });

  it('gives it a half after the timed pause, and then waits for a person', async () => {
    const { rollout } = await sluice.untilStatus('shop', 'Paused', ({ state }) => state === 'Paused');
    const pause = rollout?.steps[3];
    expect(Date.parse(pause?.endedAt ?? '') - Date.parse(pause?.startedAt ?? '')).toBeGreaterThanOrEqual(8_000);
    await expectShares(500);
    expect((await sluice.status('shop')).message).toBe('step 6 of 8: paused until promoted');
  });

  it('tells revision and shares by TXT', async () => {
    const { revision } = await sluice.status('shop');
    const { values } = await sluice.dig.ask(`_sluice.${host()}`, 'TXT');
    expect(values).toEqual(expect.arrayContaining([`revision=${revision}`, 'east=5000', 'west=5000']));
  });

  it('gives it everything when promoted, and removes the old leaf only after the drain', async () => {
    await sluice.http.steer('promote', 'default', 'shop', { reason: 'looks good' });
    expect(await new Kube('east').ingressNames()).toContain('shop');
    const status = await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    await expectShares(0);
    expect(await new Kube('east').ingressNames()).not.toContain('shop');
    expect(status.backends.map(({ name, shareInForce }) => [name, shareInForce])).toEqual([['v2', 10_000]]);
  });

  it('keeps who did what', async () => {
    const { history } = await sluice.status('shop');
    const begun = ['Applied', 'LeavesWritten', 'Shifted'];
    const canary = [...begun, 'Shifted', 'Promoted', 'Shifted', 'LeavesRemoved', 'Completed'];
    expect(history.map(({ action }) => action)).toEqual([...begun, 'Completed', ...canary]);
    expect(history.find(({ action }) => action === 'Promoted')).toMatchObject({
      door: 'http',
      actor: 'http:anonymous',
      message: expect.stringContaining('looks good'),
    });
  });

  it('drains and removes everything when deleted', async () => {
    await sluice.http.steer('delete', 'default', 'shop', {});
    await sluice.untilGone('shop');
    expect((await sluice.dig.ask(host())).rcode).toBe(3);
    expect(await new Kube('west').ingressNames()).not.toContain('shop');
  });
});

describe('a blue/green flip', () => {
  let sluice: TestSluice;
  const host = () => sluice.host('flip');

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'bluegreen', ports: { api: 18_102, dns: 15_302 } });
    await sluice.http.apply(aFederatedIngress({ name: 'flip', host: host(), backends: [V1_EAST] }), {});
    await sluice.untilStatus('flip', 'Ready', ({ state }) => state === 'Ready');
  });
  afterAll(() => sluice?.stop());

  it('brings the new side up, holds, flips at once, keeps the old side, then removes it', async () => {
    const strategy = { blueGreen: { hold: {}, keepOld: '8s' } };
    await sluice.http.apply(aFederatedIngress({ name: 'flip', host: host(), backends: [V2_WEST], strategy }), {});
    await sluice.untilStatus('flip', 'held', ({ state }) => state === 'Paused');
    const { east, west } = {
      east: testPlayground().cluster('east').address,
      west: testPlayground().cluster('west').address,
    };
    expect(await sluice.dig.count(host(), 100)).toEqual({ [east]: 100 });
    expect((await sluice.dig.ask(`west.${host()}`)).values).toEqual([west]);

    await sluice.http.steer('promote', 'default', 'flip', {});
    await sluice.untilStatus(
      'flip',
      'keeping the old side',
      ({ rollout }) => rollout?.steps[rollout.step]?.step.kind === 'pause' && rollout.step > 2,
    );
    expect(await sluice.dig.count(host(), 100)).toEqual({ [west]: 100 });
    expect(await new Kube('east').ingressNames()).toContain('flip');

    await sluice.untilStatus('flip', 'Ready', ({ state }) => state === 'Ready');
    expect(await new Kube('east').ingressNames()).not.toContain('flip');
    await sluice.http.steer('delete', 'default', 'flip', {});
    await sluice.untilGone('flip');
  });
});
