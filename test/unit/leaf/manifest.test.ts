import { describe, expect, it } from 'vitest';
import { foreignness, ingressManifest, isRemovable } from '../../../src/planes/leaf/manifest.ts';
import { aLeaf, anIntent, backend, owner } from './builders.ts';

describe('the Ingress of a leaf', () => {
  it('is whole: labels, owner, class, and rules for the hostname and for the cluster under it', () => {
    const http = {
      paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'shop', port: { number: 8001 } } } }],
    };
    expect(ingressManifest(anIntent())).toEqual({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        namespace: 'default',
        name: 'shop',
        labels: {
          'app.kubernetes.io/managed-by': 'sluice',
          'sluice.dev/owner-namespace': 'default',
          'sluice.dev/owner-name': 'shop',
        },
        annotations: { 'sluice.dev/owner': 'default/shop' },
      },
      spec: {
        ingressClassName: 'contour',
        rules: [
          { host: 'shop.example.test', http },
          { host: 'east.shop.example.test', http },
        ],
      },
    });
  });

  it('has all routes in their order', () => {
    const routes = [
      { path: '/api', pathType: 'Exact', service: { name: 'api', port: 8080 } },
      { path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } },
    ] as const;
    const { spec } = ingressManifest(anIntent({ backend: { ...backend, routes } }));
    expect(spec?.rules?.map((rule) => rule.http?.paths.map(({ path, pathType }) => `${pathType} ${path}`))).toEqual([
      ['Exact /api', 'Prefix /'],
      ['Exact /api', 'Prefix /'],
    ]);
  });

  it('takes the certificate of the hostname from its Secret', () => {
    const { spec } = ingressManifest(anIntent({ tls: { secretName: 'shop-tls' } }));
    expect(spec?.tls).toEqual([{ hosts: ['shop.example.test'], secretName: 'shop-tls' }]);
    expect(ingressManifest(anIntent()).spec).not.toHaveProperty('tls');
  });

  it('leaves the class to the cluster when none is given', () => {
    const { className: _, ...intent } = anIntent();
    expect(ingressManifest(intent).spec).not.toHaveProperty('ingressClassName');
  });
});

describe('ownership', () => {
  it.each([
    ['ours', aLeaf(), undefined, true],
    ['ours, but with the label taken away', aLeaf([], { labels: {} }), undefined, false],
    ['without our annotation', aLeaf([], { annotations: {} }), 'it has no annotation sluice.dev/owner', false],
    ['without any annotation', aLeaf([], { annotations: undefined }), 'it has no annotation sluice.dev/owner', false],
    [
      'of another owner',
      aLeaf([], { annotations: { 'sluice.dev/owner': 'team/shop' } }),
      'belongs to team/shop, not to default/shop',
      false,
    ],
  ])('of an object that is %s', (_name, object, problem, removable) => {
    const told = foreignness(object, owner);
    if (problem === undefined) expect(told).toBeUndefined();
    else expect(told).toContain(problem);
    expect(isRemovable(object, owner)).toBe(removable);
  });
});
