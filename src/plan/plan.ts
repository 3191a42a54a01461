import type { FederatedIngress } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import { leafChanges, leavingBackends } from './leaf-changes.ts';
import { describeLeaves, type LeafPolicy, leafPolicyChanges } from './leaf-text.ts';
import { policyOf, type TrafficPolicy } from './policy.ts';
import { describePolicy, policyChanges } from './policy-text.ts';
import { allocationOf, isEmpty } from './shares.ts';
import { earliestSeconds, latestSeconds } from './times.ts';
import { trafficSteps } from './traffic-steps.ts';
import { lowerTtl, raiseTtl, shiftTtlSeconds } from './ttl.ts';
import type { Allocation, BackendId, LeafRef, Leaving, Plan, PlanStep } from './types.ts';
import { leaveFailed, withhold } from './withhold.ts';

export interface PlanInput {
  readonly spec: FederatedIngress;
  /** What is in force now, progress 0. Empty when nothing serves. */
  readonly inForce: Allocation;
  /** Undefined when nothing serves, or when it is not known. */
  readonly policyInForce: TrafficPolicy | undefined;
  /** TTL of the answers given until now; 0 if there were none. */
  readonly ttlInForceSeconds: number;
  /** Leaves of this FederatedIngress that are in the clusters. */
  readonly existingLeaves: readonly LeafRef[];
  /** How leaves are made and kept now. Absent: nothing serves, or it is not known. */
  readonly leavesInForce?: LeafPolicy;
  /** Clusters that get no share, whatever the spec says: drained, or away. What they would have goes to the others. */
  readonly withheld?: readonly string[];
  /** Those of `withheld` that are away: nothing is written there, awaited or removed. */
  readonly unreachable?: readonly string[];
  /** Those of `withheld` whose traffic goes to the others with the first shift, whatever that moves. */
  readonly gone?: readonly string[];
  /** Clusters that failed in this rollout: they keep what they have, and nothing is done there. */
  readonly failed?: readonly string[];
}

const NONE = { withheld: [], unreachable: [], gone: [], failed: [] } as const;

/** Everything that a rollout from what is in force to `spec` will do, in order. */
export function plan({ spec, inForce, policyInForce, ttlInForceSeconds, ...input }: PlanInput): Plan {
  const { withheld, unreachable, gone, failed } = { ...NONE, ...input };
  const to = leaveFailed(inForce, withhold(allocationOf(spec.backends), withheld), failed);
  const left = [...unreachable, ...failed, ...stillNeeded(spec, to)];
  const leaves = outside(left, leafChanges(spec, inForce.backends, input.existingLeaves));
  const leaving = leavingBackends(spec, inForce.backends).filter(({ leaf }) => !left.includes(leaf.cluster));
  const removesLeaves = leaves.remove.length > 0 || leaving.length > 0;
  const way = { from: inForce, to };
  const lower = lowerTtl(way, spec, ttlInForceSeconds);
  const shiftTtl = shiftTtlSeconds(way, spec);
  const oldTtlSeconds = lower.length === 0 ? ttlInForceSeconds : shiftTtl;
  const firstTtlSeconds = isEmpty(inForce) ? 0 : Math.max(oldTtlSeconds, shiftTtl);
  const { create, update, remove, use } = leaves;
  const steps: readonly PlanStep[] = [
    { kind: 'applyLeaves', leaves: leaves.apply },
    {
      kind: 'awaitReady',
      backends: awaited(spec, way, [...withheld, ...left]),
      timeoutSeconds: spec.deadlines.readyTimeoutSeconds,
    },
    ...lower,
    ...trafficSteps({ spec, ...way, firstTtlSeconds, removesLeaves, created: create, failed, withheld, gone }),
    ...(removesLeaves ? [removal(remove, leaving)] : []),
    ...raiseTtl(way, spec),
  ];
  const changed = isEmpty(inForce) ? describeLeaves(spec) : leafPolicyChanges(input.leavesInForce, spec);
  return {
    host: spec.host,
    ...(spec.preview === undefined ? {} : { preview: spec.preview.host }),
    ...way,
    changes: isEmpty(inForce) ? describePolicy(policyOf(spec)) : policyChanges(policyInForce, policyOf(spec)),
    ...(changed.length === 0 ? {} : { leafChanges: changed }),
    leaves: { create, update, remove, ...(use.length === 0 ? {} : { use }) },
    steps,
    earliestSeconds: earliestSeconds(steps),
    latestSeconds: latestSeconds(steps, spec),
  };
}

/**
 * The backends that have to be ready before any share moves: all that are wanted, but those in clusters that get nothing from
 * this rollout, and those on their way down when they are known to be broken.
 */
function awaited(
  { backends, rollout }: FederatedIngress,
  { from, to }: Pick<Plan, 'from' | 'to'>,
  left: readonly string[],
): readonly BackendId[] {
  const isBroken = (id: BackendId) => {
    return rollout.incumbentBroken !== undefined && (to.shares[id] ?? 0) < (from.shares[id] ?? 0);
  };
  return backends
    .filter(({ cluster }) => !left.includes(cluster))
    .map(backendId)
    .filter((id) => !isBroken(id));
}

/** Clusters with traffic for a backend that is not wanted any more: it cannot go, since whoever should follow has failed. */
function stillNeeded({ backends }: FederatedIngress, to: Allocation): readonly string[] {
  const wanted = new Set(backends.map(backendId));
  return to.backends.filter((backend) => !wanted.has(backendId(backend))).map(({ cluster }) => cluster);
}

type LeafChanges = ReturnType<typeof leafChanges>;

function outside(clusters: readonly string[], changes: LeafChanges): LeafChanges {
  const there = (refs: readonly LeafRef[]) => refs.filter(({ cluster }) => !clusters.includes(cluster));
  return {
    apply: there(changes.apply),
    create: there(changes.create),
    update: there(changes.update),
    remove: there(changes.remove),
    use: there(changes.use),
  };
}

function removal(leaves: readonly LeafRef[], leaving: readonly Leaving[]): PlanStep {
  return { kind: 'removeLeaves', leaves, ...(leaving.length === 0 ? {} : { leaving }) };
}
