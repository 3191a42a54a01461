import { binding, type CloudManifest, listener, loadBalancer, targetGroup, weightOf } from './manifests.ts';
import { allParts, type Part, partsOf } from './parts.ts';
import type { Existing, Made, World } from './types.ts';

/** One write or removal, in the hub or in a member cluster. */
export type CloudAction =
  | { readonly kind: 'write'; readonly cluster?: string; readonly manifest: CloudManifest }
  | {
      readonly kind: 'remove';
      readonly cluster?: string;
      readonly of: CloudManifest['kind'];
      readonly made: Made;
    };

export interface Decision {
  /** In this order; those that come later may only be given when the earlier ones have worked. */
  readonly actions: readonly CloudAction[];
  /** What it waits for now, one sentence; absent when everything is as it should be. */
  readonly waitsFor?: string;
  /** The address of the load balancer, once clients may come. */
  readonly address?: string;
  /** Nothing is left of the Gateway: its finalizer can go. */
  readonly finished: boolean;
  /** Look again at this time at the latest, milliseconds since the epoch. */
  readonly again?: number;
}

/** What to do next for a Gateway that is wanted. Level-triggered: whatever happened before, the same world gives the same. */
export function bringAbout(world: World): Decision {
  const { gateway, existing } = world;
  const clusters = clustersOf(world);
  const listeners = gateway.listeners.map((wanted) => ({ wanted, weights: weightsFor(world, wanted.hostname) }));
  const unknown = [...new Set(listeners.flatMap(({ weights }) => weights.unknown))];
  const arn = existing.loadBalancer?.arn;
  const writes: readonly CloudAction[] = [
    { kind: 'write', manifest: loadBalancer(world) },
    ...clusters.map((cluster): CloudAction => ({ kind: 'write', manifest: targetGroup(world, cluster) })),
    ...listeners.flatMap(({ wanted, weights }): readonly CloudAction[] => {
      if (arn === undefined || weights.unknown.length > 0) return [];
      return [{ kind: 'write', manifest: listener(world, wanted, { loadBalancerArn: arn, weights: weights.known }) }];
    }),
    ...clusters.flatMap((cluster): readonly CloudAction[] => {
      const targetGroupArn = existing.targetGroups.get(cluster)?.arn;
      if (targetGroupArn === undefined) return [];
      return [{ kind: 'write', cluster, manifest: binding(world, cluster, targetGroupArn) }];
    }),
  ];
  const waitsFor = problemOf(world) ?? waitOf({ world, arn, unknown });
  const address = waitsFor === undefined ? existing.loadBalancer?.dnsName : undefined;
  return {
    actions: [...writes, ...leftOver(world, clusters)],
    finished: false,
    ...(waitsFor !== undefined && { waitsFor }),
    ...(address !== undefined && { address }),
  };
}

/** Clusters with a target, whether or not it has traffic: a target group takes a while to come up. */
function clustersOf({ gateway, traffic }: World): readonly string[] {
  const targets = gateway.listeners.flatMap(({ hostname }) => traffic.get(hostname)?.targets ?? []);
  return [...new Set(targets.map(({ cluster }) => cluster))].sort();
}

interface KnownWeights {
  readonly known: ReadonlyMap<string, number>;
  /** Clusters that have a share and whose target group has no ARN yet. */
  readonly unknown: readonly string[];
}

function weightsFor({ existing, traffic }: World, hostname: string): KnownWeights {
  const targets = (traffic.get(hostname)?.targets ?? []).filter(({ share }) => share > 0);
  const known = new Map<string, number>();
  const unknown: string[] = [];
  for (const { cluster, share } of targets) {
    const arn = existing.targetGroups.get(cluster)?.arn;
    if (arn === undefined) unknown.push(cluster);
    else known.set(arn, weightOf(share));
  }
  return { known, unknown };
}

function problemOf({ existing }: World): string | undefined {
  const found = allParts(existing).find(({ made }) => made.problem !== undefined);
  return found && `the provider cannot make ${found.of} ${found.made.name}: ${found.made.problem ?? ''}`;
}

function waitOf({
  world,
  arn,
  unknown,
}: {
  readonly world: World;
  readonly arn: string | undefined;
  readonly unknown: readonly string[];
}): string | undefined {
  const { existing, gateway } = world;
  if (arn === undefined) return 'waiting for the ARN of the load balancer';
  if (unknown.length > 0) return `waiting for the ARN of the target groups of ${unknown.join(', ')}`;
  const unmade = gateway.listeners.find(({ name }) => existing.listeners.get(name)?.arn === undefined);
  if (unmade !== undefined) return `waiting for the ARN of the listener ${unmade.name}`;
  const unbound = clustersOf(world).find((cluster) => !existing.bindings.has(cluster));
  if (unbound !== undefined) return `waiting for the target group binding in cluster ${unbound}`;
  return existing.loadBalancer?.dnsName === undefined ? 'waiting for the name of the load balancer' : undefined;
}

/** What belongs to listeners and clusters that are wanted no more. Nothing goes that a listener still forwards to. */
function leftOver({ gateway, existing }: World, clusters: readonly string[]): readonly CloudAction[] {
  const names = new Set(gateway.listeners.map(({ name }) => name));
  const inUse = new Set([...existing.listeners.values()].flatMap(({ forwardsTo }) => forwardsTo));
  const isFree = (cluster: string): boolean => {
    const arn = existing.targetGroups.get(cluster)?.arn;
    return !clusters.includes(cluster) && (arn === undefined || !inUse.has(arn));
  };
  const { listeners, bindings, targetGroups } = partsOf(existing);
  return [
    ...listeners.filter(({ part }) => !names.has(part)),
    ...bindings.filter(({ part }) => isFree(part)),
    ...targetGroups.filter(({ part }) => isFree(part) && !existing.bindings.has(part)),
  ].flatMap(removal);
}

export interface TakeDown {
  readonly existing: Existing;
  /** When the removal of the Gateway was asked for, milliseconds since the epoch. */
  readonly deletedAt: number;
  readonly drainSeconds: number;
  readonly now: number;
}

/** In reverse order, each kind gone before the next goes, and nothing before clients have had the time to leave. */
export function takeDown({ existing, deletedAt, drainSeconds, now }: TakeDown): Decision {
  const until = deletedAt + drainSeconds * 1000;
  if (now < until) {
    const waitsFor = `draining until ${new Date(until).toISOString()}: clients that know the address may still come`;
    return { actions: [], finished: false, waitsFor, again: until };
  }
  // Unknown is not gone: a target group must not be taken from under a binding.
  if (existing.unknown.length > 0)
    return {
      actions: [],
      finished: false,
      waitsFor: `waiting for an answer of cluster ${existing.unknown.join(', ')}`,
    };
  const { bindings, listeners, targetGroups, loadBalancers } = partsOf(existing);
  const left = [bindings, listeners, targetGroups, loadBalancers].find((parts) => parts.length > 0);
  if (left === undefined) return { actions: [], finished: true };
  const names = left.map(({ of, made }) => `${of} ${made.name}`).join(', ');
  return { actions: left.flatMap(removal), finished: false, waitsFor: `waiting until they are gone: ${names}` };
}

/** Asked for once: an object that is being deleted already is left to whoever finalizes it. */
function removal({ of, made, cluster }: Part): readonly CloudAction[] {
  return made.deleting ? [] : [{ kind: 'remove', of, made, ...(cluster !== undefined && { cluster }) }];
}
