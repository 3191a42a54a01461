import { backendId, compareText } from './backend-id.ts';
import { clusterShares } from './shares.ts';
import type { Allocation, BackendId } from './types.ts';

/** Who may write a hostname: the FederatedIngress that claimed it. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
}

/** The compiled traffic state of one hostname. Planes read only this. */
export interface GlobalIngress {
  readonly host: string;
  readonly owner: Owner;
  /** Grows by one with each published state of the hostname, also across owners. */
  readonly revision: number;
  readonly ttlSeconds: number;
  /** One a cluster, sorted by name. Shares sum to 10,000; empty when nothing serves (claimed, or drained). */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly cluster: string;
  /** Basis points; 0 for a leaf that can be tested but has no traffic. */
  readonly share: number;
  /** IPv4 and IPv6 addresses, sorted. */
  readonly addresses: readonly string[];
}

interface GlobalIngressInput extends Omit<GlobalIngress, 'targets'> {
  readonly allocation: Allocation;
  /** What each backend's leaf can be reached at; a backend that has none yet may be left out. */
  readonly addresses: Readonly<Record<BackendId, readonly string[]>>;
}

/**
 * Compiles the state of a hostname. Clusters at share 0 that have addresses stay targets: they can be tested by name.
 * A share for a cluster without addresses would be traffic into nothing, and is a bug of the caller.
 */
export function globalIngress({ allocation, addresses, ...rest }: GlobalIngressInput): GlobalIngress {
  const targets = Object.entries(clusterShares(allocation)).flatMap(([cluster, share]): Target[] => {
    const reachable = allocation.backends
      .filter((backend) => backend.cluster === cluster)
      .flatMap((backend) => addresses[backendId(backend)] ?? []);
    if (reachable.length > 0) return [{ cluster, share, addresses: [...new Set(reachable)].sort(compareText) }];
    if (share > 0) throw new Error(`${rest.host}: cluster ${cluster} has share ${share} and no address`);
    return [];
  });
  return { ...rest, targets };
}
