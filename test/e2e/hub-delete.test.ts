import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { textAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import {
  annotate,
  applyToHub,
  clearHub,
  eventsOf,
  findInHub,
  getFromHub,
  hubctl,
  inTurn,
  untilHub,
  untilObject,
} from '../support/hub.ts';
import { desired, Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

/** Of the test: keeps the object, so that what Sluice says last can be read. */
const WATCHED = 'example.test/watched';

describe('kubectl delete', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'hubdelete', ports: { api: 18_132, dns: 15_332 }, hub: true });
  });
  afterEach(async () => {
    await testPlayground().cluster('west').startApiServer();
  });
  afterAll(() =>
    inTurn(
      ...['forced', 'patient'].map((name) => async () => ((await findInHub(`fi/${name}`)) ? letGo(name) : undefined)),
      () => clearHub('fi/plain', 'fi/drained', 'fi/forced', 'fi/patient'),
      ...['forced', 'patient'].map((name) => async () => {
        const west = new Kube('west');
        if ((await west.ingressNames()).includes(name)) await west.deleteIngress(name);
      }),
      async () => sluice?.stop(),
    ),
  );

  /** Served from east and west. */
  async function serve(name: string, fields: { readonly ttl?: string; readonly orphanAfter?: string } = {}) {
    const host = sluice.host(name);
    await applyToHub(aFederatedIngress({ name, host, backends: [V1_EAST, V2_WEST], ...fields }));
    await untilHub(`fi/${name}`, 'condition=Ready');
    expect(Object.keys(await sluice.dig.count(host, 50))).toHaveLength(2);
    return host;
  }

  async function watchToTheEnd(name: string): Promise<void> {
    const patch = [{ op: 'add', path: '/metadata/finalizers/-', value: WATCHED }];
    await hubctl(['patch', `fi/${name}`, '--type=json', '-p', JSON.stringify(patch)]);
  }

  async function untilUnanswered(host: string): Promise<void> {
    const look = async () => ((await sluice.dig.ask(host)).values.length === 0 ? true : undefined);
    await until(look, { what: `no address for ${host}` });
  }

  /** Takes all finalizers away. */
  async function letGo(name: string): Promise<void> {
    await hubctl(['patch', `fi/${name}`, '--type=merge', '-p', JSON.stringify({ metadata: { finalizers: [] } })]);
  }

  /** Waits until Sluice has let go of the object, reads it, and lets go of it too. */
  async function untilReleased(name: string) {
    const object = await untilObject(`fi/${name}`, 'released by Sluice', (found) => {
      return JSON.stringify(found?.metadata.finalizers) === JSON.stringify([WATCHED]);
    });
    await letGo(name);
    await untilObject(`fi/${name}`, 'gone', (found) => found === undefined);
    return object;
  }

  it('returns when nothing is left: no answer, no leaf, no claim, no object', async () => {
    const host = await serve('plain');
    expect(await hubctl(['delete', 'fi', 'plain', '--timeout=55s'])).toContain('deleted');
    expect((await sluice.dig.ask(host)).rcode).toBe(3);
    for (const cluster of ['east', 'west']) expect(await new Kube(cluster).ingressNames()).not.toContain('plain');
    expect(await findInHub('fi/plain')).toBeUndefined();
    expect(textAt(await findInHub(`gi/${host}`), 'spec', 'owner', 'name')).toBeUndefined();
    expect((await sluice.fetch('/v1/federatedingresses/default/plain')).status).toBe(404);
  });

  it('drains first: no new answer, and the leaves stay while an old one can be in a cache', async () => {
    const host = await serve('drained', { ttl: '5s' });
    await hubctl(['delete', 'fi', 'drained', '--wait=false']);
    await untilUnanswered(host);
    const unanswered = Date.now();
    expect(await new Kube('east').ingressNames()).toContain('drained');
    expect(await new Kube('west').ingressNames()).toContain('drained');
    expect(await getFromHub('fi/drained')).toMatchObject({
      metadata: { finalizers: ['sluice.dev/drain'], deletionTimestamp: expect.any(String) },
    });

    const leavesGone = async () => {
      const names = await Promise.all(['east', 'west'].map((cluster) => new Kube(cluster).ingressNames()));
      return names.flat().includes('drained') ? undefined : true;
    };
    await until(leavesGone, { what: 'leaves removed' });
    // The last answer was given a moment before the first look without one.
    expect(Date.now() - unanswered).toBeGreaterThanOrEqual(4_500);
    await untilObject('fi/drained', 'gone', (found) => found === undefined);
  });

  it('waits for a cluster that is away and says so; force-delete lets go and lists what is left there', async () => {
    const host = await serve('forced');
    await watchToTheEnd('forced');
    const before = desired(await new Kube('west').ingress('forced'));
    await testPlayground().cluster('west').stopApiServer();
    await hubctl(['delete', 'fi', 'forced', '--wait=false']);

    const waiting = await untilObject('fi/forced', 'says what it waits for', (found) => {
      return /west/.test(textAt(found, 'status', 'message') ?? '');
    });
    console.info(`waiting: ${textAt(waiting, 'status', 'message')}`);
    expect(waiting).toMatchObject({ status: { state: 'Deleting' } });
    await untilUnanswered(host);
    await until(async () => ((await new Kube('east').ingressNames()).includes('forced') ? undefined : true), {
      what: 'the leaf in east removed though west is away',
    });
    expect((await getFromHub('fi/forced')).metadata.finalizers).toContain('sluice.dev/drain');

    await annotate('fi/forced', 'force-delete', '1');
    const released = await untilReleased('forced');
    const orphan = { kind: 'Ingress', cluster: 'west', namespace: 'default', name: 'forced' };
    expect(released).toMatchObject({ status: { orphans: [orphan] } });
    expect(await eventsOf('forced', released?.metadata.uid)).toContainEqual(
      expect.objectContaining({
        type: 'Warning',
        reason: 'Orphaned',
        message: expect.stringMatching(/deletion is forced.*west/),
      }),
    );

    await testPlayground().cluster('west').startApiServer();
    const after = await until(() => new Kube('west').ingress('forced'), { what: 'the orphan in west' });
    expect(desired(after)).toEqual(before);
  });

  it('does not wait for ever: orphanAfter lets go by itself', async () => {
    await serve('patient', { orphanAfter: '3s' });
    await watchToTheEnd('patient');
    await testPlayground().cluster('west').stopApiServer();
    await hubctl(['delete', 'fi', 'patient', '--wait=false']);
    const released = await untilReleased('patient');
    expect(released).toMatchObject({ status: { orphans: [{ kind: 'Ingress', cluster: 'west', name: 'patient' }] } });
    expect(
      (await eventsOf('patient', released?.metadata.uid)).find(({ reason }) => reason === 'Orphaned')?.message,
    ).toMatch(/away for too long/);
    await testPlayground().cluster('west').startApiServer();
    expect(await until(() => new Kube('west').ingress('patient'), { what: 'the orphan in west' })).toBeDefined();
  });
});
