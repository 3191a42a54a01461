import { clusterDefinition } from './cluster.ts';
import type { CustomResourceDefinition } from './definition.ts';
import { federatedIngressDefinition } from './federated-ingress.ts';
import { globalIngressDefinition } from './global-ingress.ts';

export type { CustomResourceDefinition } from './definition.ts';

/** Sluice's kinds, as an API server takes them. */
export function customResourceDefinitions(): readonly CustomResourceDefinition[] {
  return [federatedIngressDefinition(), globalIngressDefinition(), clusterDefinition()];
}
