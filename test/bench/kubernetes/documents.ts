import type { Manifest } from '../../../src/lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS, INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { INGRESS_CLASS, MEMBERS, ZONE } from './places.ts';

/** Clusters with this label are what the flip is about: east and west at first, north as well afterwards. */
export const FLIP = { flip: 'yes' } as const;
const STEADY = { region: 'eu' } as const;

/** Of ten, one is placed by the label that is flipped, one by a label that stays, four are in three clusters, four in two. */
const CYCLE = 10;

export interface BenchIngress {
  readonly name: string;
  readonly host: string;
  readonly isFlipped: boolean;
  /** Where it is before the flip. */
  readonly clusters: readonly string[];
  readonly manifest: Manifest;
}

/** The labels that clusters begin with. */
export function labelsOf(cluster: string): Readonly<Record<string, string>> {
  return cluster === 'north' ? { region: 'us' } : { ...STEADY, ...FLIP };
}

export function benchIngresses(count: number, healthSeconds: number): readonly BenchIngress[] {
  return Array.from({ length: count }, (_, index) => benchIngress(index, healthSeconds));
}

function benchIngress(index: number, healthSeconds: number): BenchIngress {
  const name = `bench-${String(index).padStart(5, '0')}`;
  const host = `${name}.${ZONE}`;
  const kind = index % CYCLE;
  const labels = kind === 0 ? FLIP : kind === 1 ? STEADY : undefined;
  const clusters = clustersOf(index);
  const backends = labels
    ? [{ name: 'web', clusterSelector: { matchLabels: labels }, service: SERVICE }]
    : clusters.map((cluster) => ({ name: cluster, cluster, service: SERVICE }));
  const spec = {
    host,
    leaf: { kind: 'Ingress', className: 'public' },
    backends,
    dns: { ttl: '1s' },
    health: { http: { path: '/healthz' }, interval: `${healthSeconds}s`, timeout: '2s' },
  };
  const { apiVersion, kind: resource } = FEDERATED_INGRESS;
  const manifest = { apiVersion, kind: resource, metadata: { name, namespace: 'default' }, spec };
  return { name, host, isFlipped: kind === 0, clusters, manifest };
}

const SERVICE = { name: 'shop', port: 8_001 } as const;

function clustersOf(index: number): readonly string[] {
  const names = MEMBERS.map(({ name }) => name);
  const kind = index % CYCLE;
  if (kind <= 1) return names.filter((name) => labelsOf(name)['region'] === STEADY.region);
  if (kind <= 5) return names;
  // Each of the three is left out in turn.
  return names.filter((_, place) => place !== index % names.length);
}

/** The leaf of the same FederatedIngress in one cluster, as somebody without Sluice would write it. */
export function rawIngress({ name }: BenchIngress, cluster: string): Manifest {
  const backend = { service: { name: SERVICE.name, port: { number: SERVICE.port } } };
  const http = { paths: [{ path: '/', pathType: 'Prefix', backend }] };
  const host = `raw-${name}.${ZONE}`;
  return {
    apiVersion: INGRESS.apiVersion,
    kind: INGRESS.kind,
    metadata: { name: `raw-${name}`, namespace: 'default' },
    spec: {
      ingressClassName: INGRESS_CLASS,
      rules: [
        { host, http },
        { host: `${cluster}.${host}`, http },
      ],
    },
  };
}
