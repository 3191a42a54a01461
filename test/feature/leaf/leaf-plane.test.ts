import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCluster } from '../../../src/lib/kubernetes/cluster.ts';
import { deleteObject } from '../../../src/lib/kubernetes/requests.ts';
import { clusterHealth } from '../../../src/planes/leaf/clusters.ts';
import { objectRef } from '../../../src/planes/leaf/object-ref.ts';
import { behave, testPlayground } from '../../support/playground.ts';
import { ByHand } from './by-hand.ts';
import { aRef, backend, east, host, Parts, refusal, register, settings, untilServed } from './parts.ts';

const ref = aRef();
const byHand = new ByHand(east, ref);

let parts: Parts;
beforeEach(() => {
  parts = new Parts();
});
afterEach(async () => {
  parts[Symbol.dispose]();
  await byHand.remove();
});
afterAll(() => behave(east.demo.v1Url, {}));

describe('applying a leaf', () => {
  it('makes an Ingress that the gateway serves under both of its names, and applying it again changes nothing', async () => {
    await parts.apply();
    await untilServed(host);
    await untilServed(`east.${host}`);
    const before = await byHand.desired();
    await parts.apply();
    expect(await byHand.desired()).toEqual(before);
  });

  it('changes an Ingress of its own', async () => {
    await parts.apply();
    const routes = [{ path: '/', pathType: 'Prefix', service: { name: 'shop-v2', port: 8002 } }] as const;
    await parts.apply({ backends: [{ backend: { ...backend, routes }, share: 10_000 }] });
    const rules = (await byHand.find())?.spec?.rules ?? [];
    expect(rules.map((rule) => rule.http?.paths[0]?.backend.service?.name)).toEqual(['shop-v2', 'shop-v2']);
  });

  it.each([
    ['is not ours', {}, 'it has no annotation sluice.dev/owner'],
    ['belongs to another', { annotations: { 'sluice.dev/owner': 'team/shop' } }, 'it belongs to team/shop'],
  ])('refuses an object that %s, and leaves it as it is', async (_name, metadata, problem) => {
    await byHand.make(metadata);
    const before = await byHand.desired();
    const error = await refusal(parts.apply());
    expect(error).toMatchObject({ reason: 'NotOurs', retryable: false, cluster: 'east' });
    expect(error.message).toContain('Ingress default/leaf-test in cluster east exists already and is left alone');
    expect(error.message).toContain(problem);
    expect(await byHand.desired()).toEqual(before);
  });

  it('names manager and field when somebody else has changed what it owns', async () => {
    await parts.apply();
    await byHand.replace('/spec/rules/0/host', 'other.example.test');
    const error = await refusal(parts.apply({ drift: 'hold' }));
    expect(error).toMatchObject({ reason: 'FieldConflict', retryable: false });
    expect(error.message).toContain('"kubectl-edit" manages .spec.rules');
    expect((await byHand.find())?.spec?.rules?.[0]?.host).toBe('other.example.test');
  });

  it('gives the API server’s own words when the object is refused', async () => {
    const error = await refusal(parts.apply({ host: 'not a host' }));
    expect(error).toMatchObject({ reason: 'Invalid', retryable: false });
    expect(error.message).toMatch(
      /^cluster east: apply Ingress default\/leaf-test: answered 422 .*spec\.rules\[0\]\.host/,
    );
  });

  it('fails when the namespace does not exist', async () => {
    const error = await refusal(parts.apply({ ref: { ...ref, namespace: 'nowhere' } }));
    expect(error).toMatchObject({ reason: 'NotFound', retryable: false });
    expect(error.message).toContain('namespaces "nowhere" not found');
  });

  it('fails when the cluster is not registered', async () => {
    const error = await refusal(parts.apply({ ref: { ...ref, cluster: 'moon' } }));
    expect(error).toMatchObject({ reason: 'UnknownCluster', retryable: true, cluster: 'moon' });
    expect(error.message).toContain('registered: east');
  });
});

describe('removing a leaf', () => {
  it('removes what is ours, and is done when nothing is there', async () => {
    await parts.apply();
    await parts.remove();
    expect(await byHand.find()).toBeUndefined();
    await parts.remove();
  });

  const label = { 'app.kubernetes.io/managed-by': 'sluice' };
  it.each([
    ['is not ours', {}],
    ['belongs to another', { annotations: { 'sluice.dev/owner': 'team/shop' }, labels: label }],
    ['has our label alone', { labels: label }],
    ['has our owner alone', { annotations: { 'sluice.dev/owner': 'default/leaf-test' } }],
  ])('leaves an object that %s', async (_name, metadata) => {
    await byHand.make(metadata);
    const before = await byHand.desired();
    await parts.remove();
    expect(await byHand.desired()).toEqual(before);
  });

  it('does not remove an object that has taken the name since it looked', async () => {
    await parts.apply();
    const options = { uid: 'of-the-one-before', signal: parts.ending.signal };
    await expect(deleteObject(openCluster(settings()), objectRef(ref), options)).rejects.toThrow(
      /answered 409 Conflict/,
    );
    expect(await byHand.find()).toBeDefined();
  });

  it('waits until the object is gone, and names the finalizer that holds it', async () => {
    await parts.apply();
    await byHand.hold(['example.test/hold']);
    const error = await refusal(parts.remove());
    expect(error).toMatchObject({ reason: 'BeingDeleted', retryable: true });
    expect(error.message).toContain('example.test/hold');
    expect(await refusal(parts.apply())).toMatchObject({ reason: 'BeingDeleted', retryable: true });
    const removed = parts.remove();
    await byHand.hold([]);
    await removed;
    expect(await byHand.find()).toBeUndefined();
  });
});

describe('following a leaf', () => {
  it('tells of the object, its address, the probe, a failing application, and an object deleted by hand', async () => {
    await behave(east.demo.v1Url, {});
    const told = parts.follow();
    await told.until('notReady NotFound');
    await parts.apply({ leaf: { kind: 'Ingress', className: 'nobody' } });
    const addressless = await told.until('notReady NoAddress');
    expect(addressless).toMatchObject({ message: expect.stringContaining('no ingress controller of class "nobody"') });
    await parts.apply();
    expect(await told.until('ready')).toMatchObject({ addresses: [east.address] });
    expect(told.words.filter((word) => !word.includes('Probe'))).toEqual([
      'notReady NotFound',
      'notReady NoAddress',
      'ready',
    ]);

    await behave(east.demo.v1Url, { fail: true });
    const failing = await told.until('notReady ProbeFailed');
    const seen = `GET http://${east.address}:${east.httpPort}/healthz with Host ${host} answered 500 Internal Server Error, wanted is 200-399`;
    expect(failing).toMatchObject({ message: seen });
    await behave(east.demo.v1Url, {});
    await told.until('ready');

    await byHand.remove();
    await told.until('notReady NotFound');
    await parts.apply();
    await told.until('ready');
  });

  it('tells of an address outside of the networks of the cluster’s gateways', async () => {
    await parts.apply();
    using others = new Parts(register(['203.0.113.0/24']));
    const told = others.follow();
    const verdict = await told.until('notReady AddressNotAllowed');
    const problem = `has the address ${east.address}: the cluster's gateway.cidrs allow 203.0.113.0/24`;
    expect(verdict).toMatchObject({ message: expect.stringContaining(problem) });
  });

  it('follows the probe while the API server is down, also when it begins then', async () => {
    await parts.apply();
    const before = parts.follow();
    await before.until('ready');
    await east.stopApiServer();
    try {
      const during = parts.follow({ lastAddresses: [east.address] });
      await during.until('ready');
      await parts.follow().until('unknown ConnectionRefused');
      expect(await refusal(parts.apply())).toMatchObject({ reason: 'ConnectionRefused', retryable: true });
      expect(before.words.at(-1)).toBe('ready');

      await behave(east.demo.v1Url, { fail: true });
      await Promise.all([before, during].map((told) => told.until('notReady ProbeFailed')));
      await behave(east.demo.v1Url, {});
      await Promise.all([before, during].map((told) => told.until('ready')));
    } finally {
      await east.startApiServer();
    }
    await byHand.remove();
    await before.until('notReady NotFound');
  });
});

describe('the health of clusters', () => {
  it('says which API server does not answer, while others do', async () => {
    const { signal } = parts.ending;
    const west = testPlayground().cluster('west');
    const clusters = [east, west].map(({ name, adminKubeconfig: path }) =>
      openCluster({ ...settings(), name, kubeconfig: { kind: 'file', path } }),
    );
    await east.stopApiServer();
    try {
      const down = { kind: 'unhealthy', cluster: 'east', message: expect.stringContaining('ECONNREFUSED') };
      expect(await clusterHealth(clusters, signal)).toEqual([down, { kind: 'healthy', cluster: 'west' }]);
    } finally {
      await east.startApiServer();
    }
    expect(await clusterHealth(clusters, signal)).toContainEqual({ kind: 'healthy', cluster: 'east' });
  });
});
