import { type Connection, connect } from './connection.ts';

/** How a cluster is registered. */
export interface ClusterConfig {
  readonly name: string;
  /** Path of the kubeconfig file. */
  readonly kubeconfig: string;
  /** The context to use; the file's current one when absent. */
  readonly context?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly gateway: {
    /** Port at which the cluster's gateways take HTTP. */
    readonly httpPort: number;
    /** Port at which they take HTTPS. */
    readonly httpsPort: number;
    /** Networks that gateway addresses may be in; empty means any that is not loopback, link-local or multicast. */
    readonly cidrs: readonly string[];
  };
}

/** A cluster that requests can be sent to. Holds no more than pooled sockets, which do not keep a process alive. */
export interface Cluster extends ClusterConfig, Connection {}

/** Reads the kubeconfig at once and throws KubeconfigError for one that is not accepted; sends nothing yet. */
export function openCluster(config: ClusterConfig): Cluster {
  return { ...config, ...connect(config.kubeconfig, config.context) };
}
