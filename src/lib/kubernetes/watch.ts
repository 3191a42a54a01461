import { once } from 'node:events';
import type { Cluster } from './cluster.ts';
import type { KubernetesObject, ObjectRef } from './objects.ts';
import { ClusterWatches, type ObjectReport } from './shared-watch.ts';
import type { WatchTimes } from './watch-loop.ts';

export type { ObjectReport } from './shared-watch.ts';

/** Watches one object by a watch of its own until the signal aborts. */
export async function watchObject<T extends KubernetesObject>(
  cluster: Cluster,
  { resource, namespace, name }: ObjectRef<T>,
  onReport: (report: ObjectReport<T>) => void,
  { signal, ...times }: WatchTimes & { readonly signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) return;
  const watches = new ClusterWatches(cluster, times);
  const at = { ...(namespace !== undefined && { namespace }) };
  const selection = { resource, ...at, fieldSelector: `metadata.name=${name}` };
  const stop = watches.of(selection).follow({ ...at, name }, onReport);
  await once(signal, 'abort');
  stop();
  watches.close();
}
