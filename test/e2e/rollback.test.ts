import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { desired, Kube } from '../support/kube.ts';
import { behave, testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

describe('taking traffic back to the last completed generation', () => {
  let sluice: TestSluice;
  const east = () => testPlayground().cluster('east');
  const west = () => testPlayground().cluster('west');

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'rollback', ports: { api: 18_103, dns: 15_303 } });
  });
  afterAll(() => sluice?.stop());
  afterEach(() => behave(west().demo.v2Url, {}));

  async function servingV1(name: string): Promise<void> {
    await sluice.http.apply(aFederatedIngress({ name, host: sluice.host(name), backends: [V1_EAST] }), {});
    await sluice.untilStatus(name, 'Ready', ({ state }) => state === 'Ready');
  }

  /** Begins a canary of v2 in west and waits until it pauses at a half. */
  async function halfway(name: string, limits: object = {}): Promise<void> {
    await servingV1(name);
    const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: {} }], ...limits } };
    await sluice.http.apply(aFederatedIngress({ name, host: sluice.host(name), backends: [V2_WEST], strategy }), {});
    await sluice.untilStatus(name, 'Paused at 50 %', ({ state }) => state === 'Paused');
  }

  async function expectAllInEast(name: string): Promise<void> {
    expect(await sluice.dig.count(sluice.host(name), 100)).toEqual({ [east().address]: 100 });
  }

  async function remove(name: string): Promise<void> {
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  }

  it('goes back when aborted, says why, and can be retried', async () => {
    await halfway('aborted');
    await sluice.http.steer('abort', 'default', 'aborted', { reason: 'too many errors' });
    const status = await sluice.untilStatus('aborted', 'RolledBack', ({ state }) => state === 'RolledBack');
    await expectAllInEast('aborted');
    expect(status.rollout?.outcome).toEqual({ kind: 'rolledBack', reason: 'Aborted', message: 'too many errors' });
    expect(status.history.slice(-3).map(({ action }) => action)).toEqual(['Aborted', 'RollingBack', 'RolledBack']);
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'Aborted' }),
    );

    await sluice.http.steer('retry', 'default', 'aborted', {});
    await sluice.untilStatus('aborted', 'Paused again', ({ state }) => state === 'Paused');
    await remove('aborted');
  });

  it('goes back when a backend loses its readiness in mid-rollout', async () => {
    await halfway('unready');
    await behave(west().demo.v2Url, { fail: true });
    const status = await sluice.untilStatus('unready', 'RolledBack', ({ state }) => state === 'RolledBack');
    await expectAllInEast('unready');
    expect(status.rollout?.outcome).toMatchObject({
      reason: 'ReadinessLost',
      message: expect.stringContaining('/healthz'),
    });
    await remove('unready');
  });

  it('goes back when a step takes longer than the progress deadline', async () => {
    await servingV1('late');
    await behave(west().demo.v2Url, { fail: true });
    const strategy = { canary: { steps: [{ setWeight: 50 }], readyTimeout: '1m', progressDeadline: '3s' } };
    await sluice.http.apply(
      aFederatedIngress({ name: 'late', host: sluice.host('late'), backends: [V2_WEST], strategy }),
      {},
    );
    const waiting = await sluice.untilStatus('late', 'waiting', ({ message }) => message.includes('is not ready'));
    expect(waiting.state).toBe('Progressing');
    const status = await sluice.untilStatus('late', 'RolledBack', ({ state }) => state === 'RolledBack');
    expect(status.rollout?.outcome).toMatchObject({ reason: 'ProgressDeadlineExceeded' });
    await expectAllInEast('late');
    await remove('late');
  });

  it.each(['east', 'west'])(
    'goes back while the API server of %s is down, and deletes when it is back',
    async (down) => {
      const name = `down-${down}`;
      await halfway(name);
      await testPlayground().cluster(down).stopApiServer();
      try {
        await sluice.http.steer('abort', 'default', name, {});
        await sluice.untilStatus(name, 'RolledBack', ({ state }) => state === 'RolledBack');
        await expectAllInEast(name);
        await sluice.http.steer('delete', 'default', name, {});
        await sluice.untilStatus(name, 'waiting for the cluster', ({ message }) =>
          message.includes(`waiting for cluster ${down}`),
        );
      } finally {
        await testPlayground().cluster(down).startApiServer();
      }
      await sluice.untilGone(name);
      expect(await new Kube(down).ingressNames()).not.toContain(name);
    },
  );

  it('goes back by a quarter while one of four endpoints is ready, and all the way when the others are', async () => {
    const kube = new Kube('east');
    await kube.setEndpoints('shop', { ready: 4, all: 4 });
    const common = { name: 'steps', host: sluice.host('steps'), rollout: { rollback: { byEndpoints: {} } } };
    const shares = async () => {
      const { backends } = (await sluice.http.get('default', 'steps')).value;
      return Object.fromEntries(backends.map(({ name, shareInForce }) => [name, shareInForce]));
    };
    try {
      await sluice.http.apply(aFederatedIngress({ ...common, backends: [V1_EAST] }), {});
      await sluice.untilStatus('steps', 'Ready', ({ state }) => state === 'Ready');
      const strategy = { canary: { steps: [{ setWeight: 100 }, { pause: {} }] } };
      await sluice.http.apply(aFederatedIngress({ ...common, backends: [V2_WEST], strategy }), {});
      await sluice.untilStatus('steps', 'Paused at 100 %', ({ state }) => state === 'Paused');
      await kube.setEndpoints('shop', { ready: 1, all: 4 });
      await sluice.http.steer('abort', 'default', 'steps', { reason: 'too many errors' });
      await sluice.untilStatus('steps', 'a quarter', ({ message }) =>
        message.includes('v1 has 1 of 4, which bear 25 %'),
      );
      expect(await shares()).toEqual({ v1: 2_500, v2: 7_500 });
      const { [east().address]: inEast = 0 } = await sluice.dig.count(sluice.host('steps'), 100);
      expect(inEast).toBe(25);
      await kube.setEndpoints('shop', { ready: 4, all: 4 });
      const status = await sluice.untilStatus('steps', 'RolledBack', ({ state }) => state === 'RolledBack');
      await expectAllInEast('steps');
      expect(status.history.slice(-4).map(({ message }) => message)).toEqual([
        'Aborted: too many errors',
        'v1 back to 25 %: 1 of 4 endpoints are ready',
        'v1 back to 100 %: 4 of 4 endpoints are ready',
        'back to generation 1',
      ]);
      await remove('steps');
    } finally {
      await kube.removeEndpoints('shop');
    }
  });

  it('leaves an object alone that somebody else made', async () => {
    const kube = new Kube('west');
    const foreign = await kube.createIngress('foreign', 'elsewhere.test');
    await servingV1('foreign');
    const spec = { name: 'foreign', host: sluice.host('foreign'), backends: [V2_WEST] };
    await sluice.http.apply(aFederatedIngress(spec), {});
    const status = await sluice.untilStatus('foreign', 'RolledBack', ({ state }) => state === 'RolledBack');
    expect(status.rollout?.outcome).toMatchObject({
      reason: 'LeafRefused',
      message: expect.stringContaining('foreign'),
    });
    await remove('foreign');
    expect(desired(await kube.ingress('foreign'))).toEqual(desired(foreign));
    await kube.deleteIngress('foreign');
  });
});
