import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { applyToHub, clearHub, hubctl, inTurn, untilHub } from '../support/hub.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

/** What API servers write by themselves all the time, and what tells of things rather than being one. */
const RESTLESS = ['Lease', 'Event', 'ComponentStatus'];
const OUR_GROUP = 'sluice.dev/';

const HOST = 'foreign.example.test';
const LABEL = 'app=of-somebody-else';
const KINDS = 'secrets,configmaps,services,ingresses,httproutes,gateways';
const metadata = { name: 'foreign', namespace: 'default', labels: { app: 'of-somebody-else' } };
const service = { name: 'shop', port: { number: 80 } };

/** Objects as others have them in a hub, of every kind that Sluice reads or writes there. */
const FOREIGN: readonly object[] = [
  { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { kubeconfig: 'x' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, namespace: 'sluice-system' },
    stringData: { kubeconfig: 'x' },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { subnets: 'a' } },
  { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: HOST, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } }],
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata,
    spec: {
      hostnames: [HOST],
      parentRefs: [{ name: 'foreign' }],
      rules: [{ backendRefs: [{ name: 'shop', port: 80 }] }],
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata,
    spec: { gatewayClassName: 'other', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  },
];

describe('what others have in the hub', () => {
  let sluice: TestSluice;
  /** As they were made: a controller that takes one for its own writes it at once. */
  const made = new Map<string, string>();

  beforeAll(async () => {
    await hubctl(['apply', '--server-side', '-f', testPlayground().definitions.gatewayApi]);
    sluice = await TestSluice.start({ name: 'hubforeign', ports: { api: 18_138, dns: 15_338 }, hub: true });
    for (const object of FOREIGN) {
      const answer: unknown = JSON.parse(await hubctl(['create', '-f', '-', '-o', 'json'], object));
      made.set(keyOf(answer), versionOf(answer));
    }
  });
  afterAll(() =>
    inTurn(
      () => clearHub('fi/mine'),
      ...['default', 'sluice-system'].map((namespace) => () => {
        return hubctl(['delete', KINDS, '-n', namespace, '-l', LABEL, '--ignore-not-found']);
      }),
      async () => sluice?.stop(),
    ),
  );

  /** Every object of every kind, with its resourceVersion: no controller but ours works in the hub, so statuses count too. */
  async function everything(): Promise<ReadonlyMap<string, string>> {
    const kinds = (await hubctl(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
    const list: unknown = JSON.parse(await hubctl(['get', kinds.join(','), '-A', '-o', 'json']));
    const objects = listAt(list, 'items').filter((object) => {
      const isOurs = textAt(object, 'apiVersion')?.startsWith(OUR_GROUP) ?? false;
      return !isOurs && !RESTLESS.includes(textAt(object, 'kind') ?? '');
    });
    return new Map(objects.map((object) => [keyOf(object), versionOf(object)]));
  }

  it('is as it was, one by one, after the life of a FederatedIngress, and nothing is added', async () => {
    const before = new Map([...(await everything()), ...made]);
    expect([...before.keys()].filter((key) => key.endsWith('/foreign'))).toHaveLength(FOREIGN.length);

    const options = { name: 'mine', host: sluice.host('mine') };
    await applyToHub(aFederatedIngress({ ...options, backends: [V1_EAST] }));
    await untilHub('fi/mine', 'condition=Ready');
    await applyToHub(aFederatedIngress({ ...options, backends: [V2_WEST] }));
    await untilHub('fi/mine', 'jsonpath={.status.shares}=west 100');
    await untilHub('fi/mine', 'condition=Ready');
    expect(await hubctl(['get', 'fi', '-A', '-o', 'name'])).toBe('federatedingress.sluice.dev/mine\n');
    await hubctl(['delete', 'fi', 'mine', '--timeout=55s']);

    const after = await everything();
    console.info(`${before.size} objects of others in the hub`);
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    expect(keys.filter((key) => before.get(key) !== after.get(key))).toEqual([]);
  });
});

function versionOf(object: unknown): string {
  return textAt(object, 'metadata', 'resourceVersion') ?? '';
}

function keyOf(object: unknown): string {
  const place = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')].join('/');
  return `${textAt(object, 'apiVersion')} ${textAt(object, 'kind')} ${place}`;
}
