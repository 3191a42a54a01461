import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { applyObject } from '../../lib/kubernetes/requests.ts';
import { CLUSTER } from '../../lib/kubernetes/resources.ts';
import { type CheckerOptions, ClusterChecker } from './checker.ts';
import type { HubClustersOptions } from './follow.ts';
import type { Registration } from './registration.ts';
import { clusterStatus, hasStatus } from './status.ts';
import { type ClusterObject, watchRegistrations } from './watch-registrations.ts';

export interface ClusterControllerOptions extends HubClustersOptions, Pick<CheckerOptions, 'pingMs'> {}

const FIELD_MANAGER = 'sluice-clusters';

/**
 * Looks at every cluster that has a Cluster object, and writes into its status whether it can be used, until the signal aborts.
 * One process does; it runs followHubClusters beside this, with the same registry. Clusters do not wait for each other.
 */
export async function runClusterController(options: ClusterControllerOptions, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const controller = new ClusterController(options, signal);
  const stops = [
    watchRegistrations({
      ...options,
      onChange: (clusters) => controller.update(clusters),
      // Said by followHubClusters.
      onUnreachable: () => undefined,
    }),
    options.registry.onChange(() => controller.refresh()),
  ];
  await once(signal, 'abort');
  for (const stop of stops) stop();
  controller.stop();
}

interface Controlled {
  known: ClusterObject;
  checker: ClusterChecker | undefined;
  writing: boolean;
}

class ClusterController {
  readonly #options: ClusterControllerOptions;
  readonly #signal: AbortSignal;
  readonly #clusters = new Map<string, Controlled>();

  constructor(options: ClusterControllerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  update(clusters: readonly ClusterObject[]): void {
    const names = new Set(clusters.map(({ object }) => object.metadata.name));
    for (const [name, { checker }] of this.#clusters) {
      if (names.has(name)) continue;
      checker?.stop();
      this.#clusters.delete(name);
    }
    for (const known of clusters) this.#keep(known);
    this.refresh();
  }

  /** Clusters were registered, anew or not at all. */
  refresh(): void {
    for (const [name, controlled] of this.#clusters) {
      this.#point(controlled, this.#options.registry.get(name));
      void this.#write(name);
    }
  }

  stop(): void {
    for (const { checker } of this.#clusters.values()) checker?.stop();
  }

  #keep(known: ClusterObject): void {
    const { name } = known.object.metadata;
    const before = this.#clusters.get(name);
    if (before === undefined) {
      this.#clusters.set(name, { known, checker: undefined, writing: false });
      return;
    }
    const { object } = before.known;
    const isSame = object.metadata.generation === known.object.metadata.generation;
    before.known = known;
    // Somebody has changed it, and wants to know what comes of it.
    if (!isSame) before.checker?.recheck();
  }

  #point(controlled: Controlled, cluster: RegisteredCluster | undefined): void {
    const { checker } = controlled;
    if (cluster === undefined) {
      checker?.stop();
      controlled.checker = undefined;
    } else if (checker !== undefined) checker.point(cluster);
    else controlled.checker = this.#check(cluster);
  }

  #check(cluster: RegisteredCluster): ClusterChecker {
    const { pingMs } = this.#options;
    const onCheck = (): void => void this.#write(cluster.name);
    return new ClusterChecker(cluster, { onCheck, ...(pingMs !== undefined && { pingMs }) });
  }

  /** Brings the status to what is known, unless it is that already. */
  async #write(name: string): Promise<void> {
    const { hub, log } = this.#options;
    const controlled = this.#clusters.get(name);
    if (controlled === undefined || controlled.writing || this.#signal.aborted) return;
    const { known, checker } = controlled;
    const isShadowed = isOther(known.registration, checker?.cluster);
    const findings = { registration: known.registration, isShadowed, check: checker?.check };
    const status = clusterStatus(known.object, findings, new Date());
    if (hasStatus(known.object, status)) return;
    controlled.writing = true;
    try {
      await applyObject(
        hub,
        { resource: CLUSTER, name },
        {
          manifest: { apiVersion: CLUSTER.apiVersion, kind: CLUSTER.kind, metadata: { name }, status },
          fieldManager: FIELD_MANAGER,
          force: true,
          subresource: 'status',
          signal: this.#signal,
        },
      );
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof KubernetesError)) throw error;
      // The next look, which is soon, writes it.
      log.warn({ err: error, cluster: name }, 'status of a cluster cannot be written');
    } finally {
      controlled.writing = false;
    }
  }
}

/** Whether the registry has something else under this name than the object asks for. */
function isOther(registration: Registration, cluster: RegisteredCluster | undefined): boolean {
  if (registration.kind === 'refused' || cluster === undefined) return false;
  return !isDeepStrictEqual(cluster.kubeconfig, registration.config.kubeconfig);
}
