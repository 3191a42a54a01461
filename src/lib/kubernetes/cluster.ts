import { type Connection, connect } from './connection.ts';
import type { KubeconfigSource } from './kubeconfig.ts';
import type { KubernetesMetrics } from './metrics.ts';

/** How a cluster is registered. */
export interface ClusterConfig {
  readonly name: string;
  readonly kubeconfig: KubeconfigSource;
  readonly labels: Readonly<Record<string, string>>;
  readonly gateway: {
    /** Port at which the cluster's gateways take HTTP. */
    readonly httpPort: number;
    /** Port at which they take HTTPS. */
    readonly httpsPort: number;
    /** Networks that gateway addresses may be in; empty means any that is not loopback, link-local or multicast. */
    readonly cidrs: readonly string[];
  };
  /** What a class of a spec is called in this cluster; one that is not listed has the same name here. */
  readonly classes: {
    readonly ingress: Readonly<Record<string, string>>;
    readonly gateway: Readonly<Record<string, string>>;
  };
}

/** A cluster that requests can be sent to. Holds no more than pooled sockets, which do not keep a process alive. */
export interface Cluster extends ClusterConfig, Connection {
  readonly metrics?: KubernetesMetrics;
}

/** Reads the kubeconfig at once and throws KubeconfigError for one that is not accepted; sends nothing yet. */
export function openCluster(config: ClusterConfig, metrics?: KubernetesMetrics): Cluster {
  return { ...config, ...connect(config.kubeconfig), ...(metrics && { metrics }) };
}
