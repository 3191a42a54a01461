import { afterAll, describe, expect, it } from 'vitest';
import { kubectl } from '../../support/kubectl.ts';
import { getThrough, testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';

const playground = testPlayground();
const east = playground.cluster('east');
const asAdmin = (args: readonly string[], input?: string) =>
  kubectl(args, { kubeconfig: east.adminKubeconfig, ...(input === undefined ? {} : { input }) });

function apply(object: object): Promise<unknown> {
  return asAdmin(['apply', '-f', '-'], JSON.stringify(object));
}

function route(name: string, parent: object): object {
  const backendRefs = [
    { name: 'shop', port: 8_001, weight: 50 },
    { name: 'shop-v2', port: 8_002, weight: 50 },
  ];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: { parentRefs: [parent], hostnames: [`${name}.example.test`], rules: [{ backendRefs }] },
  };
}

async function untilAnswers(url: string, host: string): Promise<string> {
  return await until(
    async () => {
      const body = await getThrough(url, host);
      return /^v[12] east/.test(body) ? body : undefined;
    },
    { what: `${host} at ${url}`, timeoutMs: 60_000 },
  );
}

async function addressOf(resource: string, path: string): Promise<string> {
  return await until(
    async () => {
      const { stdout } = await asAdmin(['get', ...resource.split(' '), '-o', `jsonpath={${path}}`]);
      return stdout === '' ? undefined : stdout;
    },
    { what: `an address of ${resource}`, timeoutMs: 60_000 },
  );
}

describe('a member cluster of the playground', () => {
  afterAll(async () => {
    await asAdmin(['delete', 'ingress,httproute,gateway', '-l', 'test=member-cluster', '--wait=false']);
    await east.stopGateway();
  });

  const labelled = (object: object): object => {
    const { metadata, ...rest } = object as { readonly metadata: object }; // of the builders above
    return { ...rest, metadata: { ...metadata, labels: { test: 'member-cluster' } } };
  };

  it('has a kubectl of the minor version of its API server', async () => {
    const { stdout, code } = await asAdmin(['version', '-o', 'json']);
    expect(code).toBe(0);
    const [client, server] = [...stdout.matchAll(/"gitVersion": "v(\d+\.\d+)/g)].map(([, minor]) => minor);
    expect(client).toBe(server);
  });

  it('serves Ingresses and HTTPRoutes of the public Gateway at one port', async () => {
    const service = { name: 'shop', port: { number: 8_001 } };
    const paths = [{ path: '/', pathType: 'Prefix', backend: { service } }];
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'plain' },
      spec: { ingressClassName: 'contour', rules: [{ host: 'plain.example.test', http: { paths } }] },
    };
    await apply(labelled(ingress));
    await apply(labelled(route('split', { name: 'public', namespace: 'gateways', sectionName: 'http' })));
    const url = `http://${east.address}:${east.httpPort}`;
    await untilAnswers(url, 'plain.example.test');
    await untilAnswers(url, 'split.example.test');
    const bodies = await Promise.all(Array.from({ length: 50 }, () => getThrough(url, 'split.example.test')));
    expect(new Set(bodies)).toEqual(new Set(['v1 east\n', 'v2 east\n']));
    expect(await addressOf('gateway public -n gateways', '.status.addresses[0].value')).toBe(east.address);
    expect(await addressOf('ingress plain', '.status.loadBalancer.ingress[0].ip')).toBe(east.address);
  });

  it('serves one more Gateway at an address of its own', async () => {
    const listeners = [{ name: 'http', protocol: 'HTTP', port: east.httpPort }];
    await apply(
      labelled({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'another' },
        spec: { gatewayClassName: 'contour', listeners },
      }),
    );
    await apply(labelled(route('apart', { name: 'another' })));
    await east.startGateway({ namespace: 'default', name: 'another' });
    await untilAnswers(`http://${east.ownGatewayAddress}:${east.httpPort}`, 'apart.example.test');
    expect(await addressOf('gateway another', '.status.addresses[0].value')).toBe(east.ownGatewayAddress);
    expect(await getThrough(`http://${east.address}:${east.httpPort}`, 'apart.example.test')).toBe('');
  });

  it.each([
    ['east', east.kubeconfig, 'yes'],
    ['the hub', playground.hub.kubeconfig, 'no'],
  ])('lets the user sluice make Ingresses if a role does: %s', async (_where, kubeconfig, answer) => {
    expect((await kubectl(['auth', 'can-i', 'create', 'ingresses'], { kubeconfig })).stdout.trim()).toBe(answer);
    expect((await kubectl(['auth', 'can-i', 'create', 'deployments'], { kubeconfig })).stdout.trim()).toBe('no');
  });
});
