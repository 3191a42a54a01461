import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { Evidence } from '../../../src/planes/leaf/evidence.ts';
import type { LeafIntent, ReadinessTarget } from '../../../src/planes/leaf/leaf.ts';
import type { ProbeRecord } from '../../../src/planes/leaf/probe-record.ts';
import type { Backend, HealthCheck } from '../../../src/spec/types.ts';

export const owner = { namespace: 'default', name: 'shop' };
const ref = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' } as const;

export const backend: Backend = {
  name: 'v1',
  cluster: 'east',
  namespace: 'default',
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 8001 } }],
  weight: 100,
};

export function anIntent(overrides: Partial<LeafIntent> = {}): LeafIntent {
  const leaf = { kind: 'Ingress', className: 'contour' } as const;
  const backends = [{ backend, share: 10_000 }];
  return { ref, owner, host: 'shop.example.test', leaf, drift: 'takeBack', backends, ...overrides };
}

export function aTarget(overrides: Partial<ReadinessTarget> = {}): ReadinessTarget {
  const health: HealthCheck = {
    probe: { kind: 'http', path: '/healthz', statuses: [{ from: 200, to: 399 }] },
    intervalSeconds: 0.3,
    timeoutSeconds: 1,
    unhealthyThreshold: 3,
    healthyThreshold: 2,
    failOpenPercent: 50,
  };
  return {
    backend: backendId(backend),
    of: backend,
    ref,
    owned: true,
    leaf: { kind: 'Ingress', className: 'contour' },
    owner,
    host: 'shop.example.test',
    health,
    lastAddresses: [],
    shared: false,
    ...overrides,
  };
}

const OUR_LABEL = { 'app.kubernetes.io/managed-by': 'sluice' };

/** A leaf as the API server has it, with these entries in `status.loadBalancer.ingress`. */
export function aLeaf(entries: readonly object[] = [], metadata: object = {}): AnyObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      namespace: 'default',
      name: 'shop',
      uid: 'uid-1',
      resourceVersion: '10',
      labels: OUR_LABEL,
      annotations: { 'sluice.dev/owner': 'default/shop' },
      ...metadata,
    },
    spec: { ingressClassName: 'contour' },
    status: { loadBalancer: { ingress: entries } },
  };
}

export function passed(passes: number, verified = true): ProbeRecord {
  return { passes, failures: 0, verified };
}

export function failed(failures: number, verified = false): ProbeRecord {
  const failure = {
    kind: 'failed',
    reason: 'ProbeFailed',
    message: 'GET http://10.0.0.1:80/healthz answered 503',
  } as const;
  return { passes: 0, failures, verified, failure };
}

export interface EvidenceParts extends Partial<Omit<Evidence, 'probes' | 'resolutions'>> {
  readonly probes?: Readonly<Record<string, ProbeRecord>>;
  readonly resolutions?: Readonly<
    Record<string, Evidence['resolutions'] extends ReadonlyMap<string, infer R> ? R : never>
  >;
}

export function anEvidence({ probes = {}, resolutions = {}, ...rest }: EvidenceParts = {}): Evidence {
  return {
    target: aTarget(),
    cidrs: ['10.0.0.0/8'],
    sighting: { kind: 'object', object: aLeaf([{ ip: '10.0.0.1' }]) },
    related: { kind: 'none' },
    resolutions: new Map(Object.entries(resolutions)),
    probes: new Map(Object.entries(probes)),
    ...rest,
  };
}
