import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionAt, listAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../src/lib/kubernetes/objects.ts';
import { applyToHub, clearHub, findInHub, getFromHub, hubctl, inTurn, untilHub, untilObject } from '../support/hub.ts';
import { giveKubeconfig, kubeconfigOf, registerCluster, unregisterClusters } from '../support/hub-clusters.ts';
import { Kube } from '../support/kube.ts';
import { getThrough, testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { User } from '../support/user.ts';

const REGIONS = { east: 'eu', west: 'us' } as const;
const NXDOMAIN = 3;

/** What a person's own tools have written, and who wrote it: all but the status. */
function written({ metadata, spec }: AnyObject): unknown {
  const { resourceVersion: _, managedFields = [], ...rest } = metadata;
  return { metadata: rest, spec, managers: managedFields.filter(({ subresource }) => subresource !== 'status') };
}

describe('a plain object of the hub', () => {
  let sluice: TestSluice;
  const address = (name: keyof typeof REGIONS) => testPlayground().cluster(name).address;

  beforeAll(async () => {
    await hubctl(['apply', '--server-side', '-f', testPlayground().definitions.gatewayApi]);
    sluice = await TestSluice.start({ name: 'roots', ports: { api: 18_135, dns: 15_335 }, hub: true, clusters: [] });
    for (const name of ['east', 'west'] as const) {
      await giveKubeconfig(name, kubeconfigOf(name));
      await registerCluster(name, { region: REGIONS[name] });
      await untilHub(`cluster.sluice.dev/${name}`, 'condition=Ready');
    }
  });
  afterAll(() =>
    inTurn(
      () => clearHub('ingress/web', 'ingress/shy', 'httproute/api', 'fi/web', 'fi/api'),
      () => unregisterClusters('east', 'west'),
      async () => sluice?.stop(),
    ),
  );

  function anIngress(name: string, fields: { readonly className: string; readonly annotations?: object }): object {
    const backend = { service: { name: 'shop', port: { number: 8001 } } };
    const paths = [{ path: '/', pathType: 'Prefix', backend }];
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace: 'default', annotations: fields.annotations ?? {} },
      spec: { ingressClassName: fields.className, rules: [{ host: sluice.host(name), http: { paths } }] },
    };
  }

  /** A root has no words for TTL and probes: those are for people to write into what was made of it. */
  async function quicken(name: string): Promise<void> {
    const spec = { dns: { ttl: '1s' }, health: { interval: '1s', timeout: '1s', http: { path: '/healthz' } } };
    await hubctl(['patch', `fi/${name}`, '--type=merge', '-p', JSON.stringify({ spec })]);
  }

  it('is left alone when it has another class and no label', async () => {
    await applyToHub(anIngress('shy', { className: 'nginx' }));
    const before = await getFromHub('ingress/shy');
    const annotations = { 'sluice.dev/leaf-class': 'contour', 'sluice.dev/cluster-selector': 'region=eu' };
    await applyToHub(anIngress('web', { className: 'sluice', annotations }));
    // Looked at after it, as they come in order.
    await untilObject('fi/web', 'made of the Ingress', (found) => found !== undefined);
    expect(await findInHub('fi/shy')).toBeUndefined();
    expect(await getFromHub('ingress/shy')).toEqual(before);
  });

  it('becomes a FederatedIngress by class sluice, placed by its annotation', async () => {
    await quicken('web');
    await untilHub('fi/web', 'condition=Ready');
    const federated = await getFromHub('fi/web');
    expect(federated).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Ingress', name: 'web' }] },
      spec: { host: sluice.host('web'), dns: { ttl: '1s' } },
      status: { shares: 'east 100', clusters: 'east' },
    });
    expect(await sluice.dig.ask(sluice.host('web'))).toMatchObject({ rcode: 0, values: [address('east')] });
    const { httpPort } = testPlayground().cluster('east');
    expect(await getThrough(`http://${address('east')}:${httpPort}/`, sluice.host('web'))).toContain('v1');
    expect((await new Kube('east').ingress('web'))?.spec?.ingressClassName).toBe('contour');
  });

  it('has the addresses in its status, and is not rewritten', async () => {
    await untilHub('ingress/web', `jsonpath={.status.loadBalancer.ingress[0].ip}=${address('east')}`);
    const ingress = await getFromHub('ingress/web', '--show-managed-fields');
    const managers = listAt(ingress, 'metadata', 'managedFields').map((entry) => [
      textAt(entry, 'manager'),
      textAt(entry, 'subresource') ?? '',
    ]);
    expect(managers).toEqual(
      expect.arrayContaining([
        ['kubectl-client-side-apply', ''],
        ['sluice-roots', 'status'],
      ]),
    );
    expect(managers.filter(([manager]) => manager?.startsWith('sluice'))).toEqual([['sluice-roots', 'status']]);
    expect(ingress.metadata).toMatchObject({ generation: 1 });
    expect(ingress.metadata.finalizers).toBeUndefined();
    expect(ingress.metadata.labels).toBeUndefined();
    expect(Object.keys(ingress.metadata.annotations ?? {}).toSorted()).toEqual([
      'kubectl.kubernetes.io/last-applied-configuration',
      'sluice.dev/cluster-selector',
      'sluice.dev/leaf-class',
    ]);
    expect(await hubctl(['get', 'ingress', 'web'])).toContain(address('east'));
  });

  it('moves when its annotation says so, by a rollout', async () => {
    const before = await getFromHub('ingress/web', '--show-managed-fields');
    await hubctl(['annotate', '--overwrite', 'ingress/web', 'sluice.dev/cluster-selector=region=us']);
    await untilHub('fi/web', 'jsonpath={.status.shares}=west 100');
    await untilHub('fi/web', 'condition=Ready');
    await untilHub('ingress/web', `jsonpath={.status.loadBalancer.ingress[0].ip}=${address('west')}`);
    expect(await sluice.dig.count(sluice.host('web'), 20)).toEqual({ [address('west')]: 20 });
    expect(await new Kube('east').ingressNames()).not.toContain('web');
    const after = await getFromHub('ingress/web', '--show-managed-fields');
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(after['spec']).toEqual(before['spec']);
    expect((await getFromHub('fi/web'))['spec']).toMatchObject({ dns: { ttl: '1s' } });
  });

  it('may be an HTTPRoute that is labelled: it goes to the Gateway of the same name, and its parents hear of it', async () => {
    await applyToHub({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        name: 'api',
        namespace: 'default',
        labels: { 'sluice.dev/federate': 'true' },
        annotations: { 'sluice.dev/cluster-selector': 'region in (eu, us)' },
      },
      spec: {
        hostnames: [sluice.host('api')],
        parentRefs: [{ name: 'public', namespace: 'gateways' }],
        rules: [{ backendRefs: [{ name: 'shop', port: 8001 }] }],
      },
    });
    const before = await getFromHub('httproute/api', '--show-managed-fields');
    await untilObject('fi/api', 'made of the HTTPRoute', (found) => found !== undefined);
    await quicken('api');
    await untilHub('fi/api', 'condition=Ready');
    expect(await sluice.dig.count(sluice.host('api'), 100)).toEqual({ [address('east')]: 50, [address('west')]: 50 });
    const { httpPort } = testPlayground().cluster('west');
    expect(await getThrough(`http://${address('west')}:${httpPort}/`, sluice.host('api'))).toContain('v1');
    expect(await new User('west').get('httproute', 'api')).toBeDefined();

    const route = await untilObject('httproute/api', 'status of the parent', (found) => {
      return conditionAt(found, 'sluice.dev/Ready', 'status', 'parents', 0, 'conditions')?.status === 'True';
    });
    expect(route).toMatchObject({
      status: { parents: [{ parentRef: { name: 'public' }, controllerName: 'sluice.dev/hub' }] },
    });
    const message = conditionAt(route, 'sluice.dev/Ready', 'status', 'parents', 0, 'conditions')?.message ?? '';
    expect(message).toContain(address('east'));
    expect(message).toContain(address('west'));
    expect(conditionAt(route, 'Accepted', 'status', 'parents', 0, 'conditions')).toMatchObject({ status: 'True' });
    expect(written(await getFromHub('httproute/api', '--show-managed-fields'))).toEqual(written(before));
  });

  it('drains when its label or class is taken away, and stays itself', async () => {
    await hubctl(['label', 'httproute/api', 'sluice.dev/federate-']);
    await hubctl(['patch', 'ingress/web', '--type=merge', '-p', '{"spec":{"ingressClassName":"nginx"}}']);
    for (const name of ['api', 'web']) {
      await untilObject(`fi/${name}`, 'drained and gone', (found) => found === undefined);
      expect((await sluice.dig.ask(sluice.host(name))).rcode).toBe(NXDOMAIN);
    }
    for (const cluster of ['east', 'west']) {
      expect(await new Kube(cluster).ingressNames()).not.toContain('web');
      expect(await new User(cluster).get('httproute', 'api')).toBeUndefined();
    }
    const ingress = await untilObject('ingress/web', 'without addresses', (found) => {
      return listAt(found, 'status', 'loadBalancer', 'ingress').length === 0;
    });
    expect(ingress?.metadata.deletionTimestamp).toBeUndefined();
    await untilObject('httproute/api', 'without our entry', (found) => {
      return !JSON.stringify(listAt(found, 'status', 'parents')).includes('sluice.dev/hub');
    });
  });
});
