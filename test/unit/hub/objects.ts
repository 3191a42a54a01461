import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';

export const UID = 'c0ffee00-0000-4000-8000-000000000001';

/** A FederatedIngress object of the hub, accepted in generation 1 and at rest, unless the test says otherwise. */
export function aFederatedIngress(metadata: object = {}, fields: object = {}): AnyObject {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: {
      name: 'shop',
      namespace: 'default',
      uid: UID,
      resourceVersion: '1',
      generation: 1,
      finalizers: ['sluice.dev/drain'],
      ...metadata,
    },
    spec: { host: 'shop.example.test' },
    ...fields,
  };
}

/** A plain object of the hub, as somebody has made it. */
export function anIngress(spec: object, metadata: object = {}): AnyObject {
  return plain('networking.k8s.io/v1', 'Ingress', { spec, metadata });
}

export function anHttpRoute(spec: object, metadata: object = {}): AnyObject {
  return plain('gateway.networking.k8s.io/v1', 'HTTPRoute', { spec, metadata });
}

function plain(apiVersion: string, kind: string, { spec, metadata }: { spec: object; metadata: object }): AnyObject {
  const own = { name: 'web', namespace: 'default', uid: UID, resourceVersion: '1', generation: 1 };
  return { apiVersion, kind, metadata: { ...own, ...metadata }, spec };
}
