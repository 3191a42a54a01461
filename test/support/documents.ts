/** Builders of FederatedIngress documents, as users write them. */

export interface DocumentBackend {
  readonly name: string;
  /** Either this or `clusterSelector`. */
  readonly cluster?: string;
  readonly clusterSelector?: unknown;
  readonly clusterWeights?: unknown;
  readonly spread?: unknown;
  readonly namespace?: string;
  readonly service: { readonly name: string; readonly port: number };
  readonly weight?: number;
}

export interface DocumentOptions {
  readonly name: string;
  readonly host: string;
  readonly backends: readonly DocumentBackend[];
  readonly strategy?: unknown;
  readonly ttl?: string;
  readonly routing?: unknown;
  /** Default: an Ingress of class `contour`. */
  readonly leaf?: unknown;
  readonly tls?: unknown;
  readonly rollout?: unknown;
  readonly drift?: 'takeBack' | 'hold' | 'accept';
  /** Such as `30s`. */
  readonly orphanAfter?: string;
}

/** A document with a short TTL and a fast probe, so that tests do not wait for what they do not test. */
export function aFederatedIngress({
  name,
  host,
  backends,
  ttl = '1s',
  leaf = { kind: 'Ingress', className: 'contour' },
  orphanAfter,
  ...fields
}: DocumentOptions): Record<string, unknown> {
  const written = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name, namespace: 'default' },
    spec: {
      host,
      leaf,
      backends,
      dns: { ttl },
      health: { http: { path: '/healthz' }, interval: '1s', timeout: '1s', unhealthyThreshold: 2 },
      ...Object.fromEntries(written),
      ...(orphanAfter === undefined ? {} : { deletion: { orphanAfter } }),
    },
  };
}

/** The Gateway of the playground's clusters. */
export const HTTP_ROUTE = { kind: 'HTTPRoute', gateway: { name: 'public', namespace: 'gateways' } } as const;

/** Version 1 in east. */
export const V1_EAST: DocumentBackend = {
  name: 'v1',
  cluster: 'east',
  service: { name: 'shop', port: 8001 },
  weight: 100,
};
/** Version 2 in west. */
export const V2_WEST: DocumentBackend = {
  name: 'v2',
  cluster: 'west',
  service: { name: 'shop-v2', port: 8002 },
  weight: 100,
};
/** Version 2 in east, beside version 1. */
export const V2_EAST: DocumentBackend = { ...V2_WEST, cluster: 'east' };
