import { once } from 'node:events';
import type { ClusterRegistry, RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { LeafRef } from '../../plan/types.ts';
import { describeLeaf } from './manifest.ts';

export interface WhileRegistered {
  /** Runs until its signal aborts: the caller's, or because the cluster was registered anew or is no more. */
  readonly onPresent: (cluster: RegisteredCluster, signal: AbortSignal) => Promise<void>;
  readonly onAbsent: () => void;
}

/** Works on a cluster that may come and go, until `signal` aborts. */
export async function whileRegistered(
  registry: ClusterRegistry,
  name: string,
  { onPresent, onAbsent, signal }: WhileRegistered & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const cluster = registry.get(name);
    const changed = new AbortController();
    const stop = registry.onChange(() => {
      if (registry.get(name) !== cluster) changed.abort();
    });
    const either = AbortSignal.any([signal, changed.signal]);
    try {
      if (cluster) await onPresent(cluster, either);
      else onAbsent();
      await untilAborted(either);
    } finally {
      stop();
    }
  }
}

/** Says that there is no such cluster, and which there are. */
export function unregistered(
  ref: LeafRef,
  registry: ClusterRegistry,
): { readonly reason: 'UnknownCluster'; readonly message: string } {
  const names = registry.list().map(({ name }) => name);
  return {
    reason: 'UnknownCluster',
    message: `${describeLeaf(ref)} cannot be reached: no cluster of that name is registered; registered: ${names.join(', ') || 'none'}`,
  };
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
