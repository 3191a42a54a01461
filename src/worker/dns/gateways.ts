import { clusterGateway } from '../../hub/clusters.ts';
import type { ClusterConfig } from '../../lib/kubernetes/cluster.ts';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { CLUSTER } from '../../lib/kubernetes/resources.ts';
import type { Config } from '../config.ts';

type Gateway = ClusterConfig['gateway'];

const USUAL: Gateway = { httpPort: 80, httpsPort: 443, cidrs: [] };

/** Where the gateways of the clusters are asked: of those in the settings, and of those that the hub has. */
export class Gateways {
  readonly #configured: ReadonlyMap<string, Gateway>;
  readonly #hasHub: boolean;
  #ofHub: ReadonlyMap<string, Gateway> = new Map();

  constructor({ clusters, hub }: Pick<Config, 'clusters' | 'hub'>) {
    this.#configured = new Map(clusters.map(({ name, gateway }) => [name, gateway]));
    this.#hasHub = hub !== undefined;
  }

  /** Until the result is called. What is known stays while the hub is away. */
  follow(hub: RegisteredCluster): () => void {
    return hub.watches.of({ resource: CLUSTER }).followAll(({ objects, unreachable }) => {
      if (unreachable !== undefined) return;
      this.#ofHub = new Map(
        objects.flatMap((object) => {
          const gateway = clusterGateway(object) ?? this.#ofHub.get(object.metadata.name);
          return gateway === undefined ? [] : [[object.metadata.name, gateway] as const];
        }),
      );
    });
  }

  /** undefined while the hub may know better: to ask at the wrong port would say that a cluster is down. */
  port(cluster: string, kind: 'http' | 'https' | 'tcp'): number | undefined {
    const gateway = this.#find(cluster) ?? (this.#hasHub ? undefined : USUAL);
    return kind === 'https' ? gateway?.httpsPort : gateway?.httpPort;
  }

  cidrs(cluster: string): readonly string[] {
    return (this.#find(cluster) ?? USUAL).cidrs;
  }

  #find(cluster: string): Gateway | undefined {
    return this.#configured.get(cluster) ?? this.#ofHub.get(cluster);
  }
}
