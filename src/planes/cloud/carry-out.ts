import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import type { ClusterRegistry } from '../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import type { Logger } from '../../lib/log.ts';
import type { CloudAction } from './decide.ts';
import { differs } from './differs.ts';
import type { Seen } from './read.ts';
import { removeObject, writeObject } from './write.ts';

/** Where actions are carried out, and what is there. */
interface Place {
  readonly hub: Cluster;
  readonly registry: ClusterRegistry;
  readonly view: { readonly seen: Seen };
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** One after the other: what comes later may need what comes earlier. */
export async function carryOut(place: Place, actions: readonly CloudAction[], object: AnyObject): Promise<void> {
  const { hub, registry, view, log, signal } = place;
  const gateway = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
  for (const action of actions) {
    const cluster = action.cluster === undefined ? hub : registry.get(action.cluster);
    // Not registered any more: its objects are out of reach, and what is in the hub must not wait for them.
    if (!cluster) continue;
    if (action.kind === 'remove') {
      await removeObject(cluster, action, signal);
      log.info({ cluster: cluster.name, kind: action.of, name: action.made.name }, 'cloud object removed');
      continue;
    }
    const found = foundObject(view.seen, action);
    if (found && !differs(found, action.manifest)) continue;
    await writeObject(cluster, action.manifest, { gateway, known: found !== undefined, signal });
    const { kind, metadata } = action.manifest;
    log.info({ cluster: cluster.name, kind, name: metadata.name }, 'cloud object written');
  }
}

function foundObject(
  seen: Seen,
  { cluster, manifest }: Extract<CloudAction, { kind: 'write' }>,
): AnyObject | undefined {
  const lists = {
    LoadBalancer: seen.loadBalancers,
    TargetGroup: seen.targetGroups,
    Listener: seen.listeners,
    TargetGroupBinding: seen.bindings.filter((one) => one.cluster === cluster).map(({ object }) => object),
  } as const;
  return lists[manifest.kind].find(
    ({ metadata }) => metadata.name === manifest.metadata.name && metadata.namespace === manifest.metadata.namespace,
  );
}
