import { request } from 'node:http';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, openCluster } from '../../../src/lib/kubernetes/cluster.ts';
import { deleteObject } from '../../../src/lib/kubernetes/requests.ts';
import { createLog } from '../../../src/lib/log.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import { clusterHealth } from '../../../src/planes/leaf/clusters.ts';
import { LeafError } from '../../../src/planes/leaf/errors.ts';
import type { LeafIntent, LeafPlane, Readiness, ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import { objectRef } from '../../../src/planes/leaf/manifest.ts';
import type { HealthCheck } from '../../../src/spec/types.ts';
import { behave, testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';
import { ByHand } from './by-hand.ts';

/** With the real API server, Contour and Envoy of the cluster east. */
const east = testPlayground().cluster('east');
const owner = { namespace: 'default', name: 'leaf-test' };
const ref = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'leaf-test' } as const;
const host = 'leaf-test.example.test';
const backend = {
  name: 'v1',
  cluster: 'east',
  namespace: 'default',
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 8001 } }],
  weight: 1,
} as const;

const plane = planeOf(register());
const byHand = new ByHand(east, ref);

let ending: AbortController;
beforeEach(() => {
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort();
  await byHand.remove();
});
afterAll(() => behave(east.demo.v1Url, {}));

describe('applying a leaf', () => {
  it('makes an Ingress that the gateway serves under both of its names, and applying it again changes nothing', async () => {
    await apply();
    await untilServed(host);
    await untilServed(`east.${host}`);
    const before = await byHand.desired();
    await apply();
    expect(await byHand.desired()).toEqual(before);
  });

  it('changes an Ingress of its own', async () => {
    await apply();
    const routes = [{ path: '/', pathType: 'Prefix', service: { name: 'shop-v2', port: 8002 } }] as const;
    await apply({ backend: { ...backend, routes } });
    const rules = (await byHand.find())?.spec?.rules ?? [];
    expect(rules.map((rule) => rule.http?.paths[0]?.backend.service?.name)).toEqual(['shop-v2', 'shop-v2']);
  });

  it.each([
    ['is not ours', {}, 'it has no annotation sluice.dev/owner'],
    ['belongs to another', { annotations: { 'sluice.dev/owner': 'team/shop' } }, 'it belongs to team/shop'],
  ])('refuses an object that %s, and leaves it as it is', async (_name, metadata, problem) => {
    await byHand.make(metadata);
    const before = await byHand.desired();
    const error = await refusal(apply());
    expect(error).toMatchObject({ reason: 'NotOurs', retryable: false, cluster: 'east' });
    expect(error.message).toContain('Ingress default/leaf-test in cluster east exists already and is left alone');
    expect(error.message).toContain(problem);
    expect(await byHand.desired()).toEqual(before);
  });

  it('names manager and field when somebody else has changed what it owns', async () => {
    await apply();
    await byHand.replace('/spec/rules/0/host', 'other.example.test');
    const error = await refusal(apply());
    expect(error).toMatchObject({ reason: 'FieldConflict', retryable: false });
    expect(error.message).toContain('"kubectl-edit" manages .spec.rules');
    expect((await byHand.find())?.spec?.rules?.[0]?.host).toBe('other.example.test');
  });

  it('gives the API server’s own words when the object is refused', async () => {
    const error = await refusal(apply({ host: 'not a host' }));
    expect(error).toMatchObject({ reason: 'Invalid', retryable: false });
    expect(error.message).toMatch(
      /^cluster east: apply Ingress default\/leaf-test: answered 422 .*spec\.rules\[0\]\.host/,
    );
  });

  it('fails when the namespace does not exist', async () => {
    const error = await refusal(apply({ ref: { ...ref, namespace: 'nowhere' } }));
    expect(error).toMatchObject({ reason: 'NotFound', retryable: false });
    expect(error.message).toContain('namespaces "nowhere" not found');
  });

  it('fails when the cluster is not registered', async () => {
    const error = await refusal(apply({ ref: { ...ref, cluster: 'moon' } }));
    expect(error).toMatchObject({ reason: 'UnknownCluster', retryable: false, cluster: 'moon' });
    expect(error.message).toContain('registered: east');
  });
});

describe('removing a leaf', () => {
  it('removes what is ours, and is done when nothing is there', async () => {
    await apply();
    await remove();
    expect(await byHand.find()).toBeUndefined();
    await remove();
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
    await remove();
    expect(await byHand.desired()).toEqual(before);
  });

  it('does not remove an object that has taken the name since it looked', async () => {
    await apply();
    const options = { uid: 'of-the-one-before', signal: ending.signal };
    await expect(deleteObject(register(), objectRef(ref), options)).rejects.toThrow(/answered 409 Conflict/);
    expect(await byHand.find()).toBeDefined();
  });

  it('waits until the object is gone, and names the finalizer that holds it', async () => {
    await apply();
    await byHand.hold(['example.test/hold']);
    const error = await refusal(remove());
    expect(error).toMatchObject({ reason: 'BeingDeleted', retryable: true });
    expect(error.message).toContain('example.test/hold');
    expect(await refusal(apply())).toMatchObject({ reason: 'BeingDeleted', retryable: true });
    const removed = remove();
    await byHand.hold([]);
    await removed;
    expect(await byHand.find()).toBeUndefined();
  });
});

describe('following a leaf', () => {
  it('tells of the object, its address, the probe, a failing application, and an object deleted by hand', async () => {
    await behave(east.demo.v1Url, {});
    const { untilTold, words } = follow();
    await untilTold('notReady NotFound');
    await apply({ className: 'nobody' });
    const addressless = await untilTold('notReady NoAddress');
    expect(addressless).toMatchObject({ message: expect.stringContaining('no ingress controller of class "nobody"') });
    await apply();
    expect(await untilTold('ready')).toMatchObject({ addresses: [east.address] });
    expect(words().filter((word) => !word.includes('Probe'))).toEqual([
      'notReady NotFound',
      'notReady NoAddress',
      'ready',
    ]);

    await behave(east.demo.v1Url, { fail: true });
    const failing = await untilTold('notReady ProbeFailed');
    const seen = `GET http://${east.address}:${east.httpPort}/healthz with Host ${host} answered 500 Internal Server Error, wanted is 200-399`;
    expect(failing).toMatchObject({ message: seen });
    await behave(east.demo.v1Url, {});
    await untilTold('ready');

    await byHand.remove();
    await untilTold('notReady NotFound');
    await apply();
    await untilTold('ready');
  });

  it('tells of an address outside of the networks of the cluster’s gateways', async () => {
    await apply();
    const { untilTold } = follow({}, planeOf(register(['203.0.113.0/24'])));
    const told = await untilTold('notReady AddressNotAllowed');
    const problem = `has the address ${east.address}: the cluster's gateway.cidrs allow 203.0.113.0/24`;
    expect(told).toMatchObject({ message: expect.stringContaining(problem) });
  });

  it('follows the probe while the API server is down, also when it begins then', async () => {
    await apply();
    const before = follow();
    await before.untilTold('ready');
    await east.stopApiServer();
    try {
      const during = follow({ lastAddresses: [east.address] });
      await during.untilTold('ready');
      await follow().untilTold('unknown ConnectionRefused');
      expect(await refusal(apply())).toMatchObject({ reason: 'ConnectionRefused', retryable: true });
      expect(before.words().at(-1)).toBe('ready');

      await behave(east.demo.v1Url, { fail: true });
      await Promise.all([before, during].map(({ untilTold }) => untilTold('notReady ProbeFailed')));
      await behave(east.demo.v1Url, {});
      await Promise.all([before, during].map(({ untilTold }) => untilTold('ready')));
    } finally {
      await east.startApiServer();
    }
    await byHand.remove();
    await before.untilTold('notReady NotFound');
  });
});

describe('the health of clusters', () => {
  it('says which API server does not answer, while others do', async () => {
    const { signal } = ending;
    const west = testPlayground().cluster('west');
    const clusters = [east, west].map(({ name, kubeconfig }) => ({ ...settings(), name, kubeconfig })).map(openCluster);
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

function settings(cidrs: readonly string[] = ['127.0.0.0/8']) {
  return {
    name: 'east',
    kubeconfig: east.kubeconfig,
    labels: {},
    gateway: { httpPort: east.httpPort, httpsPort: 443, cidrs },
  };
}

function register(cidrs?: readonly string[]): Cluster {
  return openCluster(settings(cidrs));
}

function planeOf(cluster: Cluster): LeafPlane {
  return createLeafPlane({ clusters: [cluster], log: createLog({ level: 'silent', name: 'test' }) });
}

function apply(changed: Partial<LeafIntent> = {}): Promise<void> {
  return plane.apply({ ref, owner, host, className: 'contour', backend, ...changed }, ending.signal);
}

function remove(): Promise<void> {
  return plane.remove(ref, owner, ending.signal);
}

async function refusal(promise: Promise<void>): Promise<LeafError> {
  const error: unknown = await promise.then(
    () => new Error('it was done'),
    (reason: unknown) => reason,
  );
  if (error instanceof LeafError) return error;
  throw error;
}

async function untilServed(name: string): Promise<void> {
  const url = `http://${east.address}:${east.httpPort}/`;
  const status = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const asked = request(url, { headers: { host: name }, agent: false, timeout: 2_000 }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
  await until(async () => ((await status()) === 200 ? true : undefined), { what: `${name} is served` });
}

interface Followed {
  readonly words: () => readonly string[];
  /** Waits until this is the latest that was told. */
  readonly untilTold: (expected: string) => Promise<Readiness>;
}

function follow(target: Partial<ReadinessTarget> = {}, by = plane): Followed {
  const told: Readiness[] = [];
  const health: HealthCheck = {
    probe: { kind: 'http', path: '/healthz', statuses: [{ from: 200, to: 399 }] },
    intervalSeconds: 1,
    timeoutSeconds: 1,
    unhealthyThreshold: 2,
    healthyThreshold: 2,
    failOpenPercent: 50,
  };
  const whole = { backend: backendId(backend), ref, owner, host, health, lastAddresses: [], ...target };
  void by.follow(whole, (readiness) => told.push(readiness), ending.signal);
  const word = (one: Readiness): string => (one.kind === 'ready' ? 'ready' : `${one.kind} ${one.reason}`);
  return {
    words: () => told.map(word),
    untilTold: (expected) => until(() => told.slice(-1).find((one) => word(one) === expected), { what: expected }),
  };
}
