import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { askReady } from '../../lib/kubernetes/requests.ts';

export type ClusterHealth =
  | { readonly kind: 'healthy'; readonly cluster: string }
  | { readonly kind: 'unhealthy'; readonly cluster: string; readonly message: string };

const DEADLINE_MS = 2_000;

/** Whether the API server of each cluster can be asked and says that it is ready. All at once, 2 s at most. */
export async function clusterHealth(
  clusters: readonly Cluster[],
  signal: AbortSignal,
): Promise<readonly ClusterHealth[]> {
  return await Promise.all(clusters.map((cluster) => healthOf(cluster, signal)));
}

async function healthOf(cluster: Cluster, signal: AbortSignal): Promise<ClusterHealth> {
  try {
    await askReady(cluster, { signal, deadlineMs: DEADLINE_MS });
    return { kind: 'healthy', cluster: cluster.name };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    return { kind: 'unhealthy', cluster: cluster.name, message: error.message };
  }
}
