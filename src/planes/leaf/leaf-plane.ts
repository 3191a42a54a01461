import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isCidr } from '../../lib/allowed-address.ts';
import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import type { Logger } from '../../lib/log.ts';
import type { LeafRef } from '../../plan/types.ts';
import { LeafError } from './errors.ts';
import { LeafFollower } from './follower.ts';
import type { LeafPlane, Readiness } from './leaf.ts';
import { describeLeaf } from './manifest.ts';
import { applyLeaf, removeLeaf } from './write.ts';

export interface LeafPlaneOptions {
  readonly clusters: readonly Cluster[];
  readonly log: Logger;
  /** Looks up the names of load balancers; by default the machine's own DNS servers, with deadlines. */
  readonly resolver?: Resolver;
}

/** The leaf objects of these clusters. Throws for a cluster whose gateway networks make no sense. */
export function createLeafPlane({ clusters, log, resolver = patientResolver() }: LeafPlaneOptions): LeafPlane {
  for (const cluster of clusters) checkNetworks(cluster);
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]));
  const clusterOf = (ref: LeafRef): Cluster => {
    const cluster = byName.get(ref.cluster);
    if (cluster) return cluster;
    throw new LeafError({ cluster: ref.cluster, retryable: false, ...unregistered(ref, clusters) });
  };
  return {
    async apply(intent, signal) {
      const { namespace, name, cluster } = intent.ref;
      const outcome = await applyLeaf(clusterOf(intent.ref), intent, signal);
      log.info({ cluster, namespace, name, host: intent.host, outcome }, 'leaf applied');
    },
    async remove(ref, owner, signal) {
      const { namespace, name, cluster } = ref;
      const outcome = await removeLeaf(clusterOf(ref), { ref, owner }, signal);
      const fields = { cluster, namespace, name, outcome };
      if (outcome === 'notOurs') log.warn(fields, 'object is not ours and was left alone');
      else log.info(fields, 'leaf removed');
    },
    async follow(target, onChange, signal) {
      const { cluster: clusterName, namespace, name } = target.ref;
      const tell = (readiness: Readiness): void => {
        log.info({ cluster: clusterName, namespace, name, readiness }, 'leaf readiness changed');
        onChange(readiness);
      };
      const cluster = byName.get(clusterName);
      if (cluster) return await new LeafFollower({ cluster, target, resolver, onChange: tell }).run(signal);
      tell({ kind: 'unknown', backend: target.backend, ...unregistered(target.ref, clusters) });
      await untilAborted(signal);
    },
  };
}

function patientResolver(): Resolver {
  return new Resolver({ timeout: 2_000, tries: 2 });
}

function checkNetworks({ name, gateway }: Cluster): void {
  const wrong = gateway.cidrs.find((cidr) => !isCidr(cidr));
  if (wrong === undefined) return;
  throw new Error(
    `cluster ${name}: gateway.cidrs has "${wrong}"; allowed: networks such as 203.0.113.0/24 or 2001:db8::/32`,
  );
}

function unregistered(
  ref: LeafRef,
  clusters: readonly Cluster[],
): { readonly reason: string; readonly message: string } {
  const names = clusters.map(({ name }) => name).join(', ');
  return {
    reason: 'UnknownCluster',
    message: `${describeLeaf(ref)} cannot be reached: no cluster of that name is registered; registered: ${names || 'none'}`,
  };
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
