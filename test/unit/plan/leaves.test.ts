import { describe, expect, it } from 'vitest';
import { backendsOf, isShared, leafRefs, primaryLeaf } from '../../../src/plan/leaves.ts';
import type { FederatedIngress, Leaf } from '../../../src/spec/types.ts';
import { aBackend, aLeaf, aSpec, HTTP_ROUTE, v1, v2 } from './builders.ts';

const v2InEast = aBackend({ name: 'v2', service: 'shop-v2' });
const elsewhere = aBackend({ name: 'v2', namespace: 'other' });
const OWN: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'own', className: 'public' } };
const ROUTE: Leaf = { kind: 'Route' };
const PREVIEW = { host: 'preview.shop.example.test' };

const texts = (spec: FederatedIngress) =>
  leafRefs(spec).map(({ kind, cluster, namespace, name }) => `${kind} ${cluster}/${namespace}/${name}`);

describe('leafRefs', () => {
  it.each<[what: string, changes: Partial<FederatedIngress>, expected: readonly string[]]>([
    ['an Ingress a cluster', { backends: [v1, v2] }, ['Ingress east/default/shop', 'Ingress west/default/shop']],
    [
      'one in each namespace',
      { leaf: ROUTE, backends: [v1, elsewhere] },
      [
        'Route east/default/shop',
        'Route east/default/shop-cluster',
        'Route east/other/shop',
        'Route east/other/shop-cluster',
      ],
    ],
    [
      'one HTTPRoute for the backends of a cluster',
      { leaf: HTTP_ROUTE, backends: [v1, v2InEast] },
      ['HTTPRoute east/default/shop'],
    ],
    [
      'an own Gateway before its HTTPRoute',
      { leaf: OWN, backends: [v1, v2] },
      [
        'Gateway east/default/shop',
        'Gateway west/default/shop',
        'HTTPRoute east/default/shop',
        'HTTPRoute west/default/shop',
      ],
    ],
    [
      'a Service of its own',
      { leaf: { kind: 'Service', type: 'LoadBalancer' }, backends: [v1] },
      ['Service east/default/shop-edge'],
    ],
    ['nothing where a Service is used as it is', { leaf: { kind: 'Service' }, backends: [v1] }, []],
    [
      'a Route for the host and one for the cluster',
      { leaf: ROUTE, backends: [v1, v2] },
      [
        'Route east/default/shop',
        'Route east/default/shop-cluster',
        'Route west/default/shop',
        'Route west/default/shop-cluster',
      ],
    ],
    [
      'a Route for each of several backends of a cluster',
      { leaf: ROUTE, backends: [v1, v2InEast] },
      [
        'Route east/default/shop',
        'Route east/default/shop-cluster',
        'Route east/default/shop-v1',
        'Route east/default/shop-v2',
      ],
    ],
    [
      'an HTTPRoute for the preview host, before the one that tells whether it is served',
      { leaf: OWN, backends: [v1, v2InEast], preview: PREVIEW },
      ['Gateway east/default/shop', 'HTTPRoute east/default/shop-preview', 'HTTPRoute east/default/shop'],
    ],
    [
      'a Route for the preview host',
      { leaf: ROUTE, backends: [v1], preview: PREVIEW },
      ['Route east/default/shop-preview', 'Route east/default/shop', 'Route east/default/shop-cluster'],
    ],
    ['the preview host in the one Ingress', { preview: PREVIEW }, ['Ingress east/default/shop']],
    [
      'a copy of the certificate before everything else',
      { leaf: OWN, tls: { secretName: 'shop-tls' }, backends: [v1] },
      ['Secret east/default/shop-sluice-tls', 'Gateway east/default/shop', 'HTTPRoute east/default/shop'],
    ],
    [
      'no certificate that is there already',
      { tls: { secretName: 'shop-tls', from: 'cluster' } },
      ['Ingress east/default/shop'],
    ],
  ])('has %s', (_what, changes, expected) => {
    expect(texts(aSpec(changes))).toEqual(expected);
  });

  it('takes other backends than those of the spec', () => {
    const spec = aSpec({ leaf: OWN, tls: { secretName: 'shop-tls' }, backends: [v1] });
    expect(leafRefs(spec, [v2])).toEqual([
      aLeaf('Secret', v2, 'shop-sluice-tls'),
      aLeaf('Gateway', v2),
      aLeaf('HTTPRoute', v2),
    ]);
  });
});

describe('primaryLeaf', () => {
  it.each<[Leaf, kind: Leaf['kind'], name: string, owned: boolean]>([
    [{ kind: 'Ingress' }, 'Ingress', 'shop', true],
    [OWN, 'HTTPRoute', 'shop', true],
    [ROUTE, 'Route', 'shop', true],
    [{ kind: 'Service', type: 'NodePort' }, 'Service', 'shop-edge', true],
    [{ kind: 'Service' }, 'Service', 'shop-v2', false],
  ])('of %j is %s %s, owned: %s', (leaf, kind, name, owned) => {
    expect(primaryLeaf(aSpec({ leaf }), v2)).toEqual({ ...aLeaf(kind, v2, name), owned });
  });
});

describe('backendsOf', () => {
  const backends = [v1, v2InEast, v2, elsewhere];

  it.each([
    ['the HTTPRoute of a cluster', HTTP_ROUTE, aLeaf('HTTPRoute', v1), [v1, v2InEast]],
    ['its Gateway', OWN, aLeaf('Gateway', v1), [v1, v2InEast]],
    ['its Gateway when that is of another name', OWN, aLeaf('Gateway', v1, 'other'), []],
    ['a Gateway that is not ours', HTTP_ROUTE, aLeaf('Gateway', v1), []],
    ['the HTTPRoute of another namespace', HTTP_ROUTE, aLeaf('HTTPRoute', elsewhere), [elsewhere]],
    ['the HTTPRoute of the preview host', HTTP_ROUTE, aLeaf('HTTPRoute', v1, 'shop-preview'), [v1, v2InEast]],
    ['a Secret', HTTP_ROUTE, aLeaf('Secret', v2, 'shop-tls'), [v2]],
    ['the Route of one backend', ROUTE, aLeaf('Route', v1, 'shop-v2'), [v2InEast]],
    ['the Route of the host', ROUTE, aLeaf('Route', v1), [v1, v2InEast]],
    ['an object of another kind', HTTP_ROUTE, aLeaf('Ingress', v1), []],
    ['an object of another name', HTTP_ROUTE, aLeaf('HTTPRoute', v1, 'other'), []],
  ])('of %s', (_what, leaf, ref, expected) => {
    expect(backendsOf(aSpec({ leaf, preview: PREVIEW }), ref, backends)).toEqual(expected);
  });
});

it('knows which backends share an object', () => {
  expect([v1, v2InEast, v2].map((backend) => isShared(backend, [v1, v2InEast, v2]))).toEqual([true, true, false]);
  expect(isShared(v1, [v1, elsewhere])).toBe(false);
  expect(isShared(v1, [v1, { ...v1, name: 'renamed' }])).toBe(false);
});
