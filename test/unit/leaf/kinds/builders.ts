import type { AnyObject } from '../../../../src/lib/kubernetes/objects.ts';
import { backendId } from '../../../../src/plan/backend-id.ts';
import type { ClusterSettings, Finding, Related, Wanted } from '../../../../src/planes/leaf/kinds/kind.ts';
import type { LeafIntent, ReadinessTarget } from '../../../../src/planes/leaf/leaf.ts';
import type { Backend, HealthCheck, Leaf } from '../../../../src/spec/types.ts';

export const owner = { namespace: 'default', name: 'shop' };
export const host = 'shop.example.test';

export const LEAVES = {
  ingress: { kind: 'Ingress', className: 'public' },
  existing: {
    kind: 'HTTPRoute',
    gateway: { kind: 'existing', name: 'public', namespace: 'gateways', sectionName: 'http' },
  },
  own: { kind: 'HTTPRoute', gateway: { kind: 'own', className: 'public' } },
  loadBalancer: { kind: 'Service', type: 'LoadBalancer' },
  nodePort: { kind: 'Service', type: 'NodePort' },
  asItIs: { kind: 'Service' },
  route: { kind: 'Route' },
} as const satisfies Record<string, Leaf>;

export const east: ClusterSettings = {
  name: 'east',
  gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
  classes: { ingress: { public: 'contour' }, gateway: { public: 'contour-gateway' } },
};

export function aRoute(service: string, path = '/', pathType: Backend['routes'][number]['pathType'] = 'Prefix') {
  return { path, pathType, service: { name: service, port: 80 } } as const;
}

export function aBackend(name: string, overrides: Partial<Backend> = {}): Backend {
  const routes = [aRoute(`shop-${name}`)];
  return { name, cluster: 'east', namespace: 'default', routes, weight: 1, ...overrides };
}

/** Shares by backend name: `{ v1: 9000, v2: 1000 }`. */
export function sharesOf(shares: Readonly<Record<string, number>>): LeafIntent['backends'] {
  return Object.entries(shares).map(([name, share]) => ({ backend: aBackend(name), share }));
}

export function anIntent(leaf: Leaf, overrides: Partial<LeafIntent> = {}): LeafIntent {
  const ref = { kind: leaf.kind, cluster: 'east', namespace: 'default', name: 'shop' };
  return { ref, owner, host, leaf, drift: 'takeBack', backends: sharesOf({ v1: 10_000 }), ...overrides };
}

export function aTarget(leaf: Leaf, overrides: Partial<ReadinessTarget> = {}): ReadinessTarget {
  const of = aBackend('v1');
  const health: HealthCheck = {
    probe: { kind: 'http', path: '/healthz', statuses: [{ from: 200, to: 399 }] },
    intervalSeconds: 5,
    timeoutSeconds: 2,
    unhealthyThreshold: 3,
    healthyThreshold: 1,
    failOpenPercent: 50,
  };
  const { ref } = anIntent(leaf);
  const rest = { owned: true, shared: false, lastAddresses: [] };
  return { backend: backendId(of), of, ref, leaf, owner, host, health, ...rest, ...overrides };
}

/** An object as the API server has it, in its third generation. */
export function anObject(kind: string, content: object = {}, metadata: object = {}): AnyObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { namespace: 'default', name: 'shop', uid: 'uid-1', resourceVersion: '10', generation: 3, ...metadata },
    ...content,
  };
}

export function aCondition(type: string, status = 'True', rest: object = {}) {
  return { type, status, reason: type, message: '', observedGeneration: 3, ...rest };
}

export function aService(spec: object, status: object = {}): AnyObject {
  const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }];
  return anObject('Service', { spec: { selector: { app: 'shop' }, ports, ...spec }, status });
}

export const unrelated: Related = { kind: 'none' };

/** `ready`, `undecided`, or `Reason` with `momentary` where it may be over soon. */
export function verdict(finding: Finding | undefined): string {
  if (finding === undefined) return 'fine';
  if (finding.kind === 'undecided') return 'undecided';
  return finding.momentary ? `${finding.reason} momentary` : finding.reason;
}

export function sentence(finding: Finding | undefined): string {
  return finding?.kind === 'notReady' ? finding.message : '';
}

export function specOf(wanted: Wanted): unknown {
  if (wanted.kind === 'refused') throw new Error(wanted.message);
  return wanted.manifest['spec'];
}

/** For shop.example.test and *.shop.example.test, until 2126. Nobody has its key any more. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBxDCCAWqgAwIBAgIUDiSrb8B7CuWmUPf3ojiSC/fGk5MwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRc2hvcC5leGFtcGxlLnRlc3QwIBcNMjYxMTIxMTYwNjIzWhgP
MjEyNjEwMjgxNjA2MjNaMBwxGjAYBgNVBAMMEXNob3AuZXhhbXBsZS50ZXN0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsOHoB0SHELBEY2OSAMP324EJAQuH4z0E
r4v3LJy3/0G6rHWEdW7kps9x4isvPquH+sJpBFPSSZJOEKsAX8KaMqOBhzCBhDAd
BgNVHQ4EFgQUE4d6RWe6M4+9h7hxmclreMd9e28wHwYDVR0jBBgwFoAUE4d6RWe6
M4+9h7hxmclreMd9e28wDwYDVR0TAQH/BAUwAwEB/zAxBgNVHREEKjAoghFzaG9w
LmV4YW1wbGUudGVzdIITKi5zaG9wLmV4YW1wbGUudGVzdDAKBggqhkjOPQQDAgNI
ADBFAiEA3vydApLK6aeJDPd+uk7zOstYWl1uq1sTptUVxcVjeMUCIDBQVU9m5H34
HqFgUivZPmnpFAXkatvOCyfsjGa4oMb0
-----END CERTIFICATE-----
`;
