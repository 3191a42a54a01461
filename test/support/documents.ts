/** Builders of FederatedIngress documents, as users write them. */

export interface DocumentBackend {
  readonly name: string;
  readonly cluster: string;
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
}

/** A document with a short TTL and a fast probe, so that tests do not wait for what they do not test. */
export function aFederatedIngress({
  name,
  host,
  backends,
  strategy,
  ttl = '1s',
  routing,
}: DocumentOptions): Record<string, unknown> {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name, namespace: 'default' },
    spec: {
      host,
      leaf: { kind: 'Ingress', className: 'contour' },
      backends,
      ...(strategy === undefined ? {} : { strategy }),
      dns: { ttl },
      ...(routing === undefined ? {} : { routing }),
      health: { http: { path: '/healthz' }, interval: '1s', timeout: '1s', unhealthyThreshold: 2 },
    },
  };
}

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
