/** Builders of FederatedIngress documents as users write them. Each call gives a fresh one. */

export interface BackendDocument {
  name?: unknown;
  cluster?: unknown;
  clusterSelector?: unknown;
  clusterWeights?: unknown;
  spread?: unknown;
  namespace?: unknown;
  service?: unknown;
  routes?: unknown;
  weight?: unknown;
}

export function aBackend(changes: BackendDocument = {}): Record<string, unknown> {
  return { name: 'v1', cluster: 'east', service: { name: 'shop', port: 80 }, weight: 100, ...changes };
}

/** A backend by labels: `web` in every cluster. */
export function aSelector(changes: BackendDocument = {}): Record<string, unknown> {
  return { name: 'web', clusterSelector: {}, service: { name: 'shop', port: 80 }, weight: 100, ...changes };
}

/** A valid document; `spec` replaces fields of its spec. */
export function aDocument(spec: Record<string, unknown> = {}, document: Record<string, unknown> = {}) {
  return {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'FederatedIngress',
    metadata: { name: 'shop' },
    spec: { host: 'shop.example.test', leaf: { kind: 'Ingress' }, backends: [aBackend()], ...spec },
    ...document,
  };
}

export function aCanary(steps: unknown, deadlines: Record<string, unknown> = {}) {
  return aDocument({ strategy: { canary: { steps, ...deadlines } } });
}
