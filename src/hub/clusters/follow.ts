import { once } from 'node:events';
import type { Logger } from 'pino';
import type { ClusterConfig } from '../../lib/kubernetes/cluster.ts';
import type { ClusterRegistry, RegisteredCluster, RegistrySources } from '../../lib/kubernetes/cluster-registry.ts';
import type { Registration } from './registration.ts';
import { type ClusterObject, watchRegistrations } from './watch-registrations.ts';

export interface HubClustersOptions {
  readonly hub: RegisteredCluster;
  readonly registry: ClusterRegistry & RegistrySources;
  /** Sluice's own in the hub: kubeconfig Secrets are looked for there and nowhere else. */
  readonly namespace: string;
  readonly log: Logger;
}

/**
 * Keeps the registry's clusters of source `hub` as the Cluster objects say, with the credentials that their Secrets hold now, until
 * the signal aborts. While the hub is away, and while a kubeconfig is wrong, what was good last holds. `onListed` hears when the
 * registry has them for the first time.
 */
export async function followHubClusters(
  { hub, registry, namespace, log }: HubClustersOptions,
  signal: AbortSignal,
  onListed: () => void = () => undefined,
): Promise<void> {
  signal.throwIfAborted();
  const known = new KnownClusters(log);
  const stop = watchRegistrations({
    hub,
    namespace,
    onChange: (clusters) => {
      registry.set('hub', known.update(clusters));
      onListed();
    },
    onUnreachable: (error) => log.warn({ err: error }, 'clusters of the hub cannot be read, going on with those known'),
  });
  await once(signal, 'abort');
  stop();
}

/** What is good now, or was last. */
class KnownClusters {
  readonly #log: Logger;
  #configs: ReadonlyMap<string, ClusterConfig> = new Map();
  readonly #told = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  update(clusters: readonly ClusterObject[]): readonly ClusterConfig[] {
    const configs = clusters.flatMap(({ object, registration }) => {
      const { name } = object.metadata;
      this.#note(name, registration);
      return usable(registration, this.#configs.get(name)) ?? [];
    });
    this.#configs = new Map(configs.map((config) => [config.name, config]));
    return configs;
  }

  /** Once for each new trouble. */
  #note(cluster: string, registration: Registration): void {
    const message = registration.kind === 'refused' ? registration.message : '';
    if ((this.#told.get(cluster) ?? '') === message) return;
    this.#told.set(cluster, message);
    if (message !== '') this.#log.error({ cluster, reason: message }, 'cluster of the hub cannot be used as it is');
  }
}

/** What to go on with when a Cluster is wrong: the last good one, with the labels and ports of now if those are right. */
function usable(registration: Registration, last: ClusterConfig | undefined): ClusterConfig | undefined {
  if (registration.kind === 'registered') return registration.config;
  return last && { ...last, ...registration.settings };
}
