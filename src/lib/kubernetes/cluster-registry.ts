import type { IncomingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../log.ts';
import type { Cluster, ClusterConfig } from './cluster.ts';
import { type Connection, connectLater, type HttpRequest } from './connection.ts';
import type { KubernetesMetrics } from './metrics.ts';
import { ClusterWatches, type WatchesOptions } from './shared-watch.ts';

/**
 * A cluster that is registered. It stays the same one while its settings or credentials change, and its watches go on, so
 * read its fields when they are needed instead of copying them.
 */
export interface RegisteredCluster extends Cluster {
  readonly watches: ClusterWatches;
}

/** The clusters that are registered now. */
export interface ClusterRegistry {
  get(name: string): RegisteredCluster | undefined;
  /** Sorted by name. */
  list(): readonly RegisteredCluster[];
  /** Calls when a cluster has come, gone or changed its settings. The result ends it. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface RegistrySources {
  /**
   * All clusters that one source knows now, such as `config` or `hub`. A name that two sources use is that of `config`. A
   * kubeconfig that is not accepted does not stand in the way of the others: requests to its cluster fail with the reason.
   */
  set(source: string, configs: readonly ClusterConfig[]): void;
}

export interface ClusterRegistryOptions {
  readonly log: Logger;
  readonly metrics?: KubernetesMetrics;
  readonly watches?: WatchesOptions;
}

const FIRST_SOURCE = 'config';

export function createClusterRegistry(options: ClusterRegistryOptions): ClusterRegistry & RegistrySources {
  return new Registry(options);
}

class Registry implements ClusterRegistry, RegistrySources {
  readonly #options: ClusterRegistryOptions;
  readonly #sources = new Map<string, readonly ClusterConfig[]>();
  readonly #clusters = new Map<string, OpenCluster>();
  readonly #listeners = new Set<() => void>();
  /** Names that were said to be used twice. */
  #twice = new Set<string>();

  constructor(options: ClusterRegistryOptions) {
    this.#options = options;
  }

  get(name: string): RegisteredCluster | undefined {
    return this.#clusters.get(name);
  }

  list(): readonly RegisteredCluster[] {
    return [...this.#clusters.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  onChange(listener: () => void): () => void {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  set(source: string, configs: readonly ClusterConfig[]): void {
    this.#sources.set(source, configs);
    const wanted = this.#merged();
    const removed = [...this.#clusters.keys()].filter((name) => !wanted.has(name));
    for (const name of removed) this.#remove(name);
    const changed = [...wanted.values()].filter((config) => this.#put(config));
    if (removed.length + changed.length > 0) for (const listener of Array.from(this.#listeners)) listener();
  }

  close(): void {
    this.#listeners.clear();
    for (const name of Array.from(this.#clusters.keys())) this.#remove(name);
  }

  #merged(): ReadonlyMap<string, ClusterConfig> {
    const wanted = new Map<string, ClusterConfig>();
    const twice = new Set<string>();
    const order = [...this.#sources].sort(([left], [right]) => rank(left) - rank(right));
    for (const [source, configs] of order) {
      for (const config of configs) {
        if (!wanted.has(config.name)) wanted.set(config.name, config);
        else twice.add(config.name);
        if (twice.has(config.name) && !this.#twice.has(config.name))
          this.#options.log.warn({ cluster: config.name, source }, 'cluster name used before, this one is left out');
      }
    }
    this.#twice = twice;
    return wanted;
  }

  /** Whether anything is other than before. */
  #put(config: ClusterConfig): boolean {
    const known = this.#clusters.get(config.name);
    if (known) return known.update(config);
    this.#clusters.set(config.name, new OpenCluster(config, this.#options));
    return true;
  }

  #remove(name: string): void {
    const cluster = this.#clusters.get(name);
    this.#clusters.delete(name);
    cluster?.watches.close();
    cluster?.renew(); // closes idle connections
  }
}

function rank(source: string): number {
  return source === FIRST_SOURCE ? 0 : 1;
}

class OpenCluster implements RegisteredCluster {
  readonly watches: ClusterWatches;
  readonly metrics?: KubernetesMetrics;
  #config: ClusterConfig;
  #connection: Connection;

  constructor(config: ClusterConfig, { metrics, watches }: ClusterRegistryOptions) {
    this.#config = config;
    this.#connection = connectLater(config.kubeconfig);
    this.watches = new ClusterWatches(this, watches);
    if (metrics) this.metrics = metrics;
  }

  get name(): string {
    return this.#config.name;
  }

  get kubeconfig(): ClusterConfig['kubeconfig'] {
    return this.#config.kubeconfig;
  }

  get labels(): ClusterConfig['labels'] {
    return this.#config.labels;
  }

  get gateway(): ClusterConfig['gateway'] {
    return this.#config.gateway;
  }

  get classes(): ClusterConfig['classes'] {
    return this.#config.classes;
  }

  async send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    return await this.#connection.send(request, signal);
  }

  renew(): void {
    this.#connection.renew();
  }

  update(config: ClusterConfig): boolean {
    const before = this.#config;
    if (isDeepStrictEqual(before, config)) return false;
    this.#config = config;
    if (!isDeepStrictEqual(before.kubeconfig, config.kubeconfig)) this.#reconnect();
    return true;
  }

  #reconnect(): void {
    const before = this.#connection;
    this.#connection = connectLater(this.#config.kubeconfig);
    before.renew();
    this.watches.restart();
  }
}
