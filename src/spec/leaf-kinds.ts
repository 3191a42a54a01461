import type { Leaf } from './types.ts';

export const LEAF_KINDS = ['Ingress', 'HTTPRoute', 'Service', 'Route'] as const satisfies readonly Leaf['kind'][];

/** Whether a leaf of the kind can serve several backends of its cluster, each with a share of its own. */
export function splitsInCluster(kind: Leaf['kind']): boolean {
  return kind === 'HTTPRoute' || kind === 'Route';
}

/** The name of the Service that is made for a workload. */
export function edgeName(name: string): string {
  return `${name}-edge`;
}
