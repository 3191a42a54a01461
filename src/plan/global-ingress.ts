import type { HealthCheck, Region } from '../spec/types.ts';
import { backendId, compareText } from './backend-id.ts';
import type { TrafficPolicy } from './policy.ts';
import { clusterShares } from './shares.ts';
import { assignSlots } from './slots.ts';
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
  /** The hostname that leads to what a rollout brings: a GlobalIngress of its own, published with it. */
  readonly preview?: string;
  /** This is that of a preview host: the hostname that it belongs to. */
  readonly previewOf?: string;
  readonly ttlSeconds: number;
  readonly routing: TrafficRouting;
  /** How planes tell whether a target is healthy; null: all are taken as healthy. */
  readonly health: HealthCheck | null;
  /** Whether clients may come over TLS. */
  readonly tls: boolean;
  /** One a cluster, sorted by name. Shares sum to 10,000; empty when nothing serves (claimed, or drained). */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly cluster: string;
  /** Basis points; 0 for a leaf that can be tested but has no traffic. */
  readonly share: number;
  /** IPv4 and IPv6 addresses, sorted. */
  readonly addresses: readonly string[];
  /** Names of load balancers that planes resolve and resolve again, sorted. `addresses` has what they gave last. */
  readonly hostnames: readonly string[];
  /** Where it is reached, when that is not the port of the cluster's gateway: a NodePort, a Service of its own. */
  readonly port?: number;
}

/** How a plane chooses a target for a client. */
export type TrafficRouting =
  | { readonly kind: 'weighted'; readonly draw: Draw }
  | { readonly kind: 'failover'; readonly clusters: readonly string[] }
  | { readonly kind: 'geo'; readonly regions: readonly Region[]; readonly draw: Draw };

export type Draw =
  | { readonly kind: 'stratified' }
  /** Who has which of the 10,000 slots that clients are hashed to, in order of slots; the counts sum to 10,000. */
  | { readonly kind: 'sticky'; readonly slots: readonly SlotRange[] };

export interface SlotRange {
  readonly cluster: string;
  readonly count: number;
}

interface GlobalIngressInput extends Pick<GlobalIngress, 'host' | 'owner' | 'revision' | 'preview' | 'previewOf'> {
  readonly policy: TrafficPolicy;
  readonly allocation: Allocation;
  /** What each backend's leaf can be reached at; a backend that has none yet may be left out. */
  readonly addresses: Readonly<Record<BackendId, readonly string[]>>;
  /** Names among those, where a load balancer gave some. */
  readonly hostnames: Readonly<Record<BackendId, readonly string[]>>;
  /** Ports that are not those of the cluster's gateway. */
  readonly ports?: Readonly<Record<BackendId, number>>;
  /** Of the state before: a sticky draw goes on from them, so that only clients move that must. */
  readonly slots: readonly SlotRange[] | undefined;
}

/**
 * Compiles the state of a hostname. Clusters at share 0 that have addresses stay targets: they can be tested by name.
 * A share for a cluster without addresses would be traffic into nothing, and is a bug of the caller.
 */
export function globalIngress({ host, owner, revision, policy, ...input }: GlobalIngressInput): GlobalIngress {
  const shares = clusterShares(input.allocation);
  const targets = Object.entries(shares).flatMap(([cluster, share]): readonly Target[] => {
    const addresses = reachedAt(input.allocation, input.addresses, cluster);
    const hostnames = reachedAt(input.allocation, input.hostnames, cluster);
    if (addresses.length > 0) return [{ cluster, share, addresses, hostnames, ...portOf(input, cluster) }];
    if (share > 0) throw new Error(`${host}: cluster ${cluster} has share ${share} and no address`);
    return [];
  });
  const { ttlSeconds, health, tls } = policy;
  const { preview, previewOf } = input;
  return {
    host,
    owner,
    revision,
    ...(preview === undefined ? {} : { preview }),
    ...(previewOf === undefined ? {} : { previewOf }),
    ttlSeconds,
    routing: trafficRouting(policy, shares, input.slots),
    health,
    tls,
    targets,
  };
}

/** A hostname that is claimed and that nothing serves yet. */
export function emptyGlobalIngress(
  claim: Pick<GlobalIngress, 'host' | 'owner' | 'revision' | 'ttlSeconds'>,
): GlobalIngress {
  const routing = { kind: 'weighted', draw: { kind: 'stratified' } } as const;
  return { ...claim, routing, health: null, tls: false, targets: [] };
}

/** The slots of a sticky draw; undefined where clients have none. */
export function slotsOf({ routing }: GlobalIngress): readonly SlotRange[] | undefined {
  return routing.kind !== 'failover' && routing.draw.kind === 'sticky' ? routing.draw.slots : undefined;
}

function trafficRouting(
  { routing, draw }: TrafficPolicy,
  shares: Readonly<Record<string, number>>,
  slots: readonly SlotRange[] | undefined,
): TrafficRouting {
  if (routing.kind === 'failover') return routing;
  return { ...routing, draw: draw === 'sticky' ? { kind: draw, slots: assignSlots(slots, shares) } : { kind: draw } };
}

/** A kind of leaf that has a port of its own has one backend a cluster. */
function portOf(
  { allocation, ports = {} }: Pick<GlobalIngressInput, 'allocation' | 'ports'>,
  cluster: string,
): Pick<Target, 'port'> {
  const backend = allocation.backends.find((one) => one.cluster === cluster && ports[backendId(one)] !== undefined);
  const port = backend && ports[backendId(backend)];
  return port === undefined ? {} : { port };
}

function reachedAt(
  { backends }: Allocation,
  byBackend: Readonly<Record<BackendId, readonly string[]>>,
  cluster: string,
): readonly string[] {
  const all = backends.flatMap((backend) => (backend.cluster === cluster ? (byBackend[backendId(backend)] ?? []) : []));
  return [...new Set(all)].sort(compareText);
}
