import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { applyToHub, clearHub, hubctl, inTurn, untilHub, untilObject } from '../support/hub.ts';
import { kubectl } from '../support/kubectl.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

/** What API servers write by themselves all the time, and what tells of things rather than being one. */
const RESTLESS = ['Lease', 'Event', 'ComponentStatus'];
const OUR_GROUP = 'sluice.dev/';

const labels = { app: 'of-somebody-else' };
const rules = (host: string) => [
  {
    host,
    http: {
      paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 8001 } } } }],
    },
  },
];

/** Objects as others have them, of every kind that Sluice writes or reads; no controller of the playground writes to them. */
function foreignObjects(host: string): readonly object[] {
  const metadata = (name: string) => ({ name, namespace: 'default', labels });
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: metadata('foreign'), stringData: { kubeconfig: 'x' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('foreign'), data: { subnets: 'a' } },
    { apiVersion: 'v1', kind: 'Service', metadata: metadata('foreign'), spec: { ports: [{ port: 80 }] } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata('foreign'),
      spec: { ingressClassName: 'nginx', rules: rules('foreign.example.test') },
    },
    // Of the name, and the hostname, that one of ours is going to ask for.
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata('taken'),
      spec: { ingressClassName: 'nginx', rules: rules(host) },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: metadata('foreign'),
      spec: { hostnames: ['foreign.example.test'], parentRefs: [{ name: 'elsewhere' }] },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: metadata('foreign'),
      spec: { gatewayClassName: 'other', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    },
  ];
}

describe('what lacks our label and owner', () => {
  let sluice: TestSluice;
  const servers = () => [testPlayground().hub, ...testPlayground().clusters];

  async function run(kubeconfig: string, args: readonly string[], input?: unknown): Promise<string> {
    const text = input === undefined ? {} : { input: JSON.stringify(input) };
    const { code, stdout, stderr } = await kubectl(args, { kubeconfig, ...text });
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** Every object of every kind of a server, with its resourceVersion. */
  async function everything(kubeconfig: string): Promise<ReadonlyMap<string, string>> {
    const kinds = (await run(kubeconfig, ['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
    const list: unknown = JSON.parse(await run(kubeconfig, ['get', kinds.join(','), '-A', '-o', 'json']));
    const objects = listAt(list, 'items').filter((object) => {
      const isOurs = textAt(object, 'apiVersion')?.startsWith(OUR_GROUP) ?? false;
      return !isOurs && !RESTLESS.includes(textAt(object, 'kind') ?? '');
    });
    return new Map(objects.map((object) => [keyOf(object), textAt(object, 'metadata', 'resourceVersion') ?? '']));
  }

  beforeAll(async () => {
    await hubctl(['apply', '--server-side', '-f', testPlayground().definitions.gatewayApi]);
    sluice = await TestSluice.start({ name: 'hubforeign', ports: { api: 18_138, dns: 15_338 }, hub: true });
    for (const { adminKubeconfig } of servers()) {
      for (const object of foreignObjects(sluice.host('taken')))
        await run(adminKubeconfig, ['apply', '-f', '-'], object);
    }
  });
  afterAll(() => {
    const kinds = 'secrets,configmaps,services,ingresses,httproutes,gateways';
    const selected = ['delete', kinds, '-l', `app=${labels.app}`, '--ignore-not-found'];
    return inTurn(
      () => clearHub('fi/mine', 'fi/taken'),
      ...servers().map(
        ({ adminKubeconfig }) =>
          () =>
            run(adminKubeconfig, selected),
      ),
      async () => sluice?.stop(),
    );
  });

  it('is never written or removed: not by a rollout, a deletion, nor where a leaf would have its name', async () => {
    const before = await Promise.all(servers().map(({ adminKubeconfig }) => everything(adminKubeconfig)));

    const options = { name: 'mine', host: sluice.host('mine') };
    await applyToHub(aFederatedIngress({ ...options, backends: [V1_EAST] }));
    await untilHub('fi/mine', 'condition=Ready');
    await applyToHub(aFederatedIngress({ name: 'taken', host: sluice.host('taken'), backends: [V1_EAST] }));
    await applyToHub(aFederatedIngress({ ...options, backends: [V2_WEST] }));
    await untilHub('fi/mine', 'jsonpath={.status.shares}=west 100');
    await untilHub('fi/mine', 'condition=Ready');
    const stuck = await untilObject('fi/taken', 'says whose the leaf is', (found) => {
      return /taken/.test(textAt(found, 'status', 'message') ?? '') && JSON.stringify(found).includes('kubectl');
    });
    console.info(`taken: ${textAt(stuck, 'status', 'message')}`);
    await hubctl(['delete', 'fi', 'mine', 'taken', '--timeout=55s']);

    const after = await Promise.all(servers().map(({ adminKubeconfig }) => everything(adminKubeconfig)));
    for (const [index, { name }] of servers().entries()) {
      const [was, is] = [before[index] ?? new Map(), after[index] ?? new Map()];
      expect(was.size).toBeGreaterThan(foreignObjects('').length);
      console.info(`${name}: ${was.size} objects of others`);
      expect([...was].filter(([key, version]) => is.get(key) !== version)).toEqual([]);
    }
  });
});

function keyOf(object: unknown): string {
  const place = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')].join('/');
  return `${textAt(object, 'apiVersion')} ${textAt(object, 'kind')} ${place}`;
}
