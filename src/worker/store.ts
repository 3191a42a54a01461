import { createClusterRegistry, type RegisteredCluster } from '../lib/kubernetes/cluster-registry.ts';
import type { KubernetesMetrics } from '../lib/kubernetes/metrics.ts';
import type { Logger } from '../lib/log.ts';
import { openFileStore } from '../planes/store/file-store.ts';
import { openKubernetesStore } from '../planes/store/kubernetes/kubernetes-store.ts';
import type { GlobalIngressStore } from '../planes/store/store.ts';
import type { Config } from './config.ts';
import { storeDirectory } from './state.ts';

export interface OpenHub {
  readonly hub: RegisteredCluster;
  /** Sluice's own in it. */
  readonly namespace: string;
  /** Ends its watches. */
  close(): void;
}

const NAME = 'hub';

/** The hub of the settings; undefined where there is none. Sends nothing yet. */
export function openHub({ hub }: Config, log: Logger, metrics?: KubernetesMetrics): OpenHub | undefined {
  if (hub === undefined) return undefined;
  const registry = createClusterRegistry({ log, ...(metrics && { metrics }) });
  const gateway = { httpPort: 80, httpsPort: 443, cidrs: [] };
  const classes = { ingress: {}, gateway: {} };
  registry.set('config', [{ name: NAME, kubeconfig: hub.kubeconfig, labels: {}, gateway, classes }]);
  const opened = registry.get(NAME);
  if (opened === undefined) throw new Error('the registry has no hub though it was set');
  return { hub: opened, namespace: hub.namespace, close: () => registry.close() };
}

/** The GlobalIngress store: in the hub, or without one in files below the state directory. */
export function openStore(config: Config, hub: RegisteredCluster | undefined): GlobalIngressStore {
  return hub === undefined ? openFileStore(storeDirectory(config)) : openKubernetesStore({ hub });
}
