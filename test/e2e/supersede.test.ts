import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFederatedIngress, type DocumentBackend, V1_EAST, V2_WEST } from '../support/documents.ts';
import { Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

const V3_NORTH: DocumentBackend = { ...V2_WEST, name: 'v3', cluster: 'north' };
const HALF = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

describe('a new spec in mid-rollout', () => {
  let sluice: TestSluice;
  const host = () => sluice.host('shop');
  const address = (cluster: string) => testPlayground().cluster(cluster).address;
  const apply = (backend: DocumentBackend, strategy?: unknown) =>
    sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), backends: [backend], strategy }), {});

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'supersede', ports: { api: 18_110, dns: 15_310 } });
    await apply(V1_EAST);
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
  });
  afterAll(async () => {
    await sluice.removeAndStop('shop');
  });

  it('goes on from the shares in force, and rolls back to the last completed generation', async () => {
    await apply(V2_WEST, HALF);
    await sluice.untilStatus('shop', 'v2 at a half', ({ state }) => state === 'Paused');
    await apply(V3_NORTH, HALF);
    await sluice.untilStatus(
      'shop',
      'v3 at a half',
      ({ state, rollout }) => state === 'Paused' && rollout?.generation === 3,
    );
    const counts = await sluice.dig.count(host(), 1_000);
    const shares = ['east', 'west', 'north'].map((cluster) => Math.round((counts[address(cluster)] ?? 0) / 10));
    expect(shares).toEqual([25, 25, 50]);

    await sluice.http.steer('abort', 'default', 'shop', { reason: 'v3 is worse' });
    await sluice.untilStatus('shop', 'RolledBack', ({ state }) => state === 'RolledBack');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [address('east')]: 100 });
  });

  it('an abort that comes right behind a spec is not lost', async () => {
    await apply(V2_WEST, HALF);
    await sluice.http.steer('abort', 'default', 'shop', { reason: 'second thoughts' });
    const { rollout } = await sluice.untilStatus('shop', 'RolledBack', ({ state }) => state === 'RolledBack');
    expect(rollout?.outcome).toMatchObject({ reason: 'Aborted', message: 'second thoughts' });
  });

  it('the verb pause holds the next step back until resume, and a full promotion skips what is left', async () => {
    await sluice.http.steer('retry', 'default', 'shop', {});
    await sluice.http.steer('pause', 'default', 'shop', {});
    const held = await sluice.untilStatus('shop', 'held', ({ message }) =>
      message.startsWith('paused by http:anonymous before step'),
    );
    expect(held.backends.find(({ name }) => name === 'v2')?.shareInForce).toBe(0);
    await sluice.http.steer('resume', 'default', 'shop', {});
    await sluice.untilStatus(
      'shop',
      'Paused by its strategy',
      ({ state, message }) => state === 'Paused' && message.includes('until promoted'),
    );
    await sluice.http.steer('promote', 'default', 'shop', { full: true });
    await sluice.untilStatus('shop', 'Ready', ({ state }) => state === 'Ready');
    expect(await sluice.dig.count(host(), 100)).toEqual({ [address('west')]: 100 });
    for (const cluster of ['east', 'north']) expect(await new Kube(cluster).ingressNames()).not.toContain('shop');
  });

  it('a change in place that the leaf kind cannot make gradually is refused', async () => {
    const put = await sluice.put(
      'shop',
      aFederatedIngress({ name: 'shop', host: host(), backends: [{ ...V1_EAST, cluster: 'west' }] }),
    );
    expect(put.status).toBe(400);
    expect(await put.text()).toContain('HTTPRoute');
  });
});
