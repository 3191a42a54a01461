import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runRootController } from '../../../src/hub/roots.ts';
import { at, listAt } from '../../../src/lib/kubernetes/fields.ts';
import { mergeObject } from '../../../src/lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { testPlayground } from '../../support/playground.ts';
import { installInHub, SILENT, uniqueName } from './open-hub.ts';
import { aDocument, aScene, asAdmin, type Scene } from './scene.ts';

const SOON = { timeout: 60_000, interval: 25 };

let scene: Scene;
let name: string;

beforeAll(async () => {
  await installInHub();
  await asAdmin(['apply', '--server-side', '-f', testPlayground().definitions.gatewayApi]);
});
beforeEach(() => {
  scene = aScene();
  name = uniqueName('web');
  const { hub, events } = scene;
  scene.run((signal) => runRootController({ hub, log: SILENT, events }, signal));
});
afterEach(async () => {
  await asAdmin(['delete', 'ingress,httproute,fi', '--all', '--timeout=10s']);
  await scene.end();
});

const host = (label = name) => `${label}.example.test`;
const rule = (one: string) => ({
  host: one,
  http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 80 } } } }] },
});

function anIngress(metadata: object, spec: object = {}): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, ...metadata },
    spec: { rules: [rule(host())], ...spec },
  };
}

async function get(kind: string, one = name): Promise<Record<string, unknown>> {
  return JSON.parse(await asAdmin(['get', kind, one, '-o', 'json']));
}

async function made(): Promise<readonly string[]> {
  return (await asAdmin(['get', 'fi', '-l', 'sluice.dev/root', '-o', 'name']))
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

const nameOf = (one: string) => `federatedingress.sluice.dev/${one}`;
const becomes = (names: readonly string[]) => vi.waitFor(async () => expect(await made()).toEqual(names), SOON);

/** What a status writer would have said. */
async function serve(one: string, addresses: readonly string[]): Promise<void> {
  const leaf = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: one };
  const words = { readiness: 'Ready', reason: 'Ready', message: 'answers' };
  const backend = {
    name: 'web',
    cluster: 'east',
    namespace: 'default',
    wantedShare: 10_000,
    shareInForce: 10_000,
    ...words,
    addresses,
    leaf,
  };
  const patch = { status: { backends: [backend] } };
  const ref = { resource: FEDERATED_INGRESS, namespace: 'default', name: one };
  await mergeObject(scene.hub, ref, { patch, subresource: 'status', signal: new AbortController().signal });
}

describe('a plain Ingress of the hub', () => {
  it('with the label becomes a FederatedIngress and gets its addresses back, and is not written itself', async () => {
    await asAdmin(
      ['apply', '-f', '-'],
      anIngress({ labels: { 'sluice.dev/federate': 'true' } }, { ingressClassName: 'nginx' }),
    );
    const before = await get('ingress');
    await becomes([nameOf(name)]);
    expect(at(await get('fi'), 'spec')).toMatchObject({
      host: host(),
      leaf: { kind: 'Ingress', className: 'nginx' },
      backends: [{ clusterSelector: {} }],
    });
    await serve(name, ['192.0.2.7', '2001:db8::1']);
    const addresses = async () => listAt(await get('ingress'), 'status', 'loadBalancer', 'ingress');
    await vi.waitFor(async () => expect(await addresses()).toEqual([{ ip: '192.0.2.7' }, { ip: '2001:db8::1' }]), SOON);
    const after = await get('ingress');
    expect(after['spec']).toEqual(before['spec']);
    const { resourceVersion: _, ...metadata } = after['metadata'] as Record<string, unknown>; // every object has one
    expect(before['metadata']).toMatchObject(metadata);
  });

  it('follows its root: another selector, another hostname, no label any more', async () => {
    await asAdmin(['apply', '-f', '-'], anIngress({}, { ingressClassName: 'sluice' }));
    await becomes([nameOf(name)]);
    await asAdmin(['annotate', 'ingress', name, 'sluice.dev/cluster-selector=region=eu']);
    const selector = async () => at(await get('fi'), 'spec', 'backends', 0, 'clusterSelector');
    await vi.waitFor(async () => expect(await selector()).toEqual({ matchLabels: { region: 'eu' } }), SOON);
    const rules = [rule(host()), rule(host('other'))];
    await asAdmin(['patch', 'ingress', name, '--type=merge', '-p', JSON.stringify({ spec: { rules } })]);
    await becomes([nameOf(name), nameOf(`${name}-other-example-test`)]);
    await asAdmin(['patch', 'ingress', name, '--type=merge', '-p', '{"spec":{"ingressClassName":"nginx"}}']);
    await becomes([]);
  });

  it('that is deleted takes with it what was made of it, without a garbage collector', async () => {
    await asAdmin(['apply', '-f', '-'], anIngress({}, { ingressClassName: 'sluice' }));
    await becomes([nameOf(name)]);
    await asAdmin(['delete', 'ingress', name]);
    await becomes([]);
  });

  it('never takes over a FederatedIngress that people have made', async () => {
    await asAdmin(['apply', '-f', '-'], aDocument(name));
    const before = await get('fi');
    await asAdmin(['apply', '-f', '-'], anIngress({}, { ingressClassName: 'sluice' }));
    const selector = `regarding.name=${name},reason=NotFederated`;
    const notes = () =>
      asAdmin(['get', 'events.events.k8s.io', '-o', 'jsonpath={.items[*].note}', `--field-selector=${selector}`]);
    await vi.waitFor(async () => expect(await notes()).toContain('which was not made of this object'), SOON);
    await asAdmin(['delete', 'ingress', name]);
    expect(await get('fi')).toEqual(before);
  });

  it('without label and class is none of our business', async () => {
    await asAdmin(['apply', '-f', '-'], anIngress({ name: 'other' }, { ingressClassName: 'nginx' }));
    await asAdmin(['apply', '-f', '-'], anIngress({}, { ingressClassName: 'sluice' }));
    await becomes([nameOf(name)]);
  });
});

describe('a plain HTTPRoute of the hub', () => {
  it('at a Gateway of class sluice becomes a FederatedIngress, and hears in its status where it is served', async () => {
    const gateway = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name },
      spec: { gatewayClassName: 'sluice', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    };
    const backendRefs = [
      { name: 'v1', port: 80, weight: 9 },
      { name: 'v2', port: 80, weight: 1 },
    ];
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name },
      spec: { parentRefs: [{ name }], hostnames: [host()], rules: [{ backendRefs }] },
    };
    await asAdmin(['apply', '-f', '-'], route);
    await asAdmin(['apply', '-f', '-'], gateway);
    await becomes([nameOf(name)]);
    expect(at(await get('fi'), 'spec')).toMatchObject({
      leaf: { kind: 'HTTPRoute', gateway: { name } },
      backends: [
        { name: 'v1', weight: 9 },
        { name: 'v2', weight: 1 },
      ],
    });
    await serve(name, ['192.0.2.7']);
    const parents = async () => listAt(await get('httproute'), 'status', 'parents');
    await vi.waitFor(async () => {
      expect(await parents()).toMatchObject([
        {
          controllerName: 'sluice.dev/hub',
          parentRef: { name },
          conditions: [
            { type: 'Accepted', status: 'True' },
            { type: 'ResolvedRefs' },
            { type: 'sluice.dev/Ready', message: 'served at 192.0.2.7' },
          ],
        },
      ]);
    }, SOON);
    await asAdmin(['delete', 'gateway', name]);
    await becomes([]);
  });
});
