import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import type { Found } from '../../../../src/planes/leaf/kinds/kind.ts';
import type { LeafIntent } from '../../../../src/planes/leaf/leaf.ts';
import { aBackend, anIntent, anObject, aRoute, aService, CERTIFICATE, east, LEAVES, sharesOf } from './builders.ts';

const split = sharesOf({ v1: 9_000, v2: 1_000 });
const preview = { host: 'preview.shop.example.test' };
const tls = { secretName: 'shop-tls' };
const ref = (kind: LeafIntent['ref']['kind'], name: string) => ({ kind, cluster: 'east', namespace: 'default', name });
const severalPaths = [
  { backend: aBackend('v1', { routes: [aRoute('shop-v1'), aRoute('api-v1', '/api')] }), share: 9_000 },
  { backend: aBackend('v2', { routes: [aRoute('shop-v2'), aRoute('shop-v2', '/health', 'Exact')] }), share: 1_000 },
];
const services = new Map(['shop-v1', 'shop-v2'].map((name) => [name, aService({})]));
const data = { 'tls.crt': Buffer.from(CERTIFICATE).toString('base64'), 'tls.key': 'a2V5', 'ca.crt': 'Y2E=' };
const secret = anObject('Secret', { type: 'kubernetes.io/tls', data });

const CASES: readonly [string, LeafIntent, Found?][] = [
  ['ingress', anIntent(LEAVES.ingress, { tls })],
  ['http-route', anIntent(LEAVES.existing)],
  ['http-route-split', anIntent(LEAVES.own, { backends: severalPaths })],
  ['ingress-preview-host', anIntent(LEAVES.ingress, { tls, preview })],
  [
    'http-route-preview-host',
    anIntent(LEAVES.own, { preview, ref: ref('HTTPRoute', 'shop-preview'), backends: sharesOf({ v2: 10_000 }) }),
  ],
  ['http-route-with-preview', anIntent(LEAVES.existing, { preview, backends: split })],
  ['gateway', anIntent(LEAVES.own, { ref: ref('Gateway', 'shop') })],
  ['gateway-tls', anIntent(LEAVES.own, { ref: ref('Gateway', 'shop'), tls })],
  ['service-load-balancer', anIntent(LEAVES.loadBalancer, { ref: ref('Service', 'shop-edge') }), { services }],
  ['service-node-port', anIntent(LEAVES.nodePort, { ref: ref('Service', 'shop-edge') }), { services }],
  ['route', anIntent(LEAVES.route, { backends: split, tls }), { services }],
  ['route-cluster', anIntent(LEAVES.route, { backends: split, ref: ref('Route', 'shop-cluster') }), { services }],
  [
    'route-preview',
    anIntent(LEAVES.route, { backends: sharesOf({ v2: 1_000 }), ref: ref('Route', 'shop-v2'), tls }),
    { services },
  ],
  [
    'route-preview-host',
    anIntent(LEAVES.route, { backends: sharesOf({ v2: 10_000 }), ref: ref('Route', 'shop-preview'), preview, tls }),
    { services },
  ],
  ['service-with-preview', anIntent(LEAVES.loadBalancer, { ref: ref('Service', 'shop-edge'), preview }), { services }],
  ['secret', anIntent(LEAVES.ingress, { ref: ref('Secret', 'shop-tls'), tls }), { secret }],
];

describe('the manifest of a leaf', () => {
  it.each(CASES)('is whole: %s', async (name, intent, found = {}) => {
    const wanted = kindOf(intent.ref.kind).manifest(intent, east, found);
    if (wanted.kind === 'refused') throw new Error(wanted.message);
    const text = stringify(wanted.manifest, { aliasDuplicateObjects: false });
    await expect(text).toMatchFileSnapshot(`../../../golden/leaves/${name}.yaml`);
  });

  it('has the class of a cluster that does not rename it', () => {
    const plain = { ...east, classes: { ingress: {}, gateway: {} } };
    const ingress = kindOf('Ingress');
    expect(ingress.manifest(anIntent(LEAVES.ingress), plain, {})).toMatchObject({
      manifest: { spec: { ingressClassName: 'public' } },
    });
    expect(ingress.manifest(anIntent({ kind: 'Ingress' }), east, {})).not.toHaveProperty(
      'manifest.spec.ingressClassName',
    );
    expect(kindOf('Gateway').manifest(anIntent(LEAVES.own, { ref: ref('Gateway', 'shop') }), plain, {})).toMatchObject({
      manifest: { spec: { gatewayClassName: 'public' } },
    });
  });

  it('has the listener ports at which the gateways of the cluster are reached', () => {
    const odd = { ...east, gateway: { httpPort: 8080, httpsPort: 8443, cidrs: [] } };
    const intent = anIntent(LEAVES.own, { ref: ref('Gateway', 'shop'), tls });
    expect(kindOf('Gateway').manifest(intent, odd, {})).toMatchObject({
      manifest: { spec: { listeners: [{ port: 8080 }, { port: 8443 }] } },
    });
  });

  it('is that of the backend with traffic where a kind cannot split', () => {
    const intent = anIntent(LEAVES.ingress, { backends: sharesOf({ v1: 0, v2: 10_000 }) });
    expect(JSON.stringify(kindOf('Ingress').manifest(intent, east, {}))).toContain('shop-v2');
    expect(JSON.stringify(kindOf('Ingress').manifest(intent, east, {}))).not.toContain('shop-v1');
  });
});
