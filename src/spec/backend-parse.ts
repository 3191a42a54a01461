import type { BackendEntry } from './beside.ts';
import { DEFAULTS } from './defaults.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { Placement, Route, Spread } from './types.ts';

type BackendDocument = FederatedIngressDocument['spec']['backends'][number];

/** The backends that name their cluster, and where in the document they are. */
export function backendEntries(backends: readonly BackendDocument[], namespace: string): readonly BackendEntry[] {
  return backends.flatMap((document, index) => {
    const { name, cluster, weight = DEFAULTS.weight } = document;
    if (cluster === undefined) return [];
    const routes = toRoutes(document);
    const backend = { name, cluster, namespace: document.namespace ?? namespace, routes, weight };
    return [{ backend, path: `spec.backends[${index}]`, called: `backends[${index}] ("${name}")` }];
  });
}

/** None for a backend that names its cluster. */
export function toPlacement(backend: BackendDocument, namespace: string): readonly Placement[] {
  const { clusterSelector, spread } = backend;
  if (clusterSelector === undefined) return [];
  const { matchLabels = {}, matchExpressions = [] } = clusterSelector;
  return [
    {
      name: backend.name,
      selector: {
        matchLabels,
        matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
      },
      namespace: backend.namespace ?? namespace,
      routes: toRoutes(backend),
      weight: backend.weight ?? DEFAULTS.weight,
      clusterWeights: backend.clusterWeights ?? [],
      ...(spread === undefined ? {} : { spread: toSpread(spread) }),
    },
  ];
}

function toSpread({ by, maxClusters }: NonNullable<BackendDocument['spread']>): Spread {
  return by === undefined ? { maxClusters } : { by, maxClusters };
}

function toRoutes({ service, routes }: BackendDocument): readonly Route[] {
  return service === undefined ? (routes ?? []) : [{ path: '/', pathType: 'Prefix', service }];
}
