import type { FederatedIngress, Step } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import { leafChanges, leavingBackends } from './leaf-changes.ts';
import { describeLeaves, type LeafPolicy, leafPolicyChanges } from './leaf-text.ts';
import { policyOf, type TrafficPolicy } from './policy.ts';
import { describePolicy, policyChanges } from './policy-text.ts';
import { allocationOf, isEmpty, sameShares, shares } from './shares.ts';
import type { Allocation, LeafRef, Leaving, Plan, PlanStep } from './types.ts';

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
}

/** Everything that a rollout from what is in force to `spec` will do, in order. */
export function plan({ spec, inForce, policyInForce, ttlInForceSeconds, ...input }: PlanInput): Plan {
  const to = allocationOf(spec.backends);
  const leaves = leafChanges(spec, inForce.backends, input.existingLeaves);
  const leaving = leavingBackends(spec, inForce.backends);
  const removesLeaves = leaves.remove.length > 0 || leaving.length > 0;
  const firstTtlSeconds = isEmpty(inForce) ? 0 : Math.max(ttlInForceSeconds, spec.dns.ttlSeconds);
  const steps: readonly PlanStep[] = [
    { kind: 'applyLeaves', leaves: leaves.apply },
    {
      kind: 'awaitReady',
      backends: spec.backends.map(backendId),
      timeoutSeconds: spec.deadlines.readyTimeoutSeconds,
    },
    ...trafficSteps({ spec, inForce, to, firstTtlSeconds, removesLeaves }),
    ...(removesLeaves ? [removal(leaves.remove, leaving)] : []),
  ];
  const { create, update, remove, use } = leaves;
  const changed = isEmpty(inForce) ? describeLeaves(spec) : leafPolicyChanges(input.leavesInForce, spec);
  return {
    host: spec.host,
    from: inForce,
    to,
    changes: isEmpty(inForce) ? describePolicy(policyOf(spec)) : policyChanges(policyInForce, policyOf(spec)),
    ...(changed.length === 0 ? {} : { leafChanges: changed }),
    leaves: { create, update, remove, ...(use.length === 0 ? {} : { use }) },
    steps,
    earliestSeconds: sum(steps.map(leastSeconds)),
    latestSeconds: latestSeconds(steps, spec),
  };
}

function removal(leaves: readonly LeafRef[], leaving: readonly Leaving[]): PlanStep {
  return { kind: 'removeLeaves', leaves, ...(leaving.length === 0 ? {} : { leaving }) };
}

interface TrafficInput {
  readonly spec: FederatedIngress;
  readonly inForce: Allocation;
  readonly to: Allocation;
  readonly firstTtlSeconds: number;
  readonly removesLeaves: boolean;
}

function trafficSteps(input: TrafficInput): readonly PlanStep[] {
  const { spec, inForce, to } = input;
  // Nothing to compare with, or nothing to move: publish what is wanted (also for another policy, new addresses, a target less).
  if (isEmpty(inForce) || sameShares(inForce.shares, to.shares))
    return shifts([{ kind: 'setWeight', weight: 100 }], input);
  switch (spec.strategy.kind) {
    case 'direct':
      return shifts([{ kind: 'setWeight', weight: 100 }], input);
    case 'canary':
      return shifts(toTheEnd(spec.strategy.steps), input);
    case 'blueGreen':
      return shifts(blueGreenSteps(spec.strategy, input.removesLeaves), input);
    default:
      return spec.strategy satisfies never;
  }
}

/** A step list ends with all traffic moved, whether or not it says so. */
function toTheEnd(steps: readonly Step[]): readonly Step[] {
  const last = steps.findLast((step) => step.kind === 'setWeight');
  return last?.kind === 'setWeight' && last.weight === 100 ? steps : [...steps, { kind: 'setWeight', weight: 100 }];
}

type BlueGreen = Extract<FederatedIngress['strategy'], { kind: 'blueGreen' }>;

/** Blue/green in the words of a canary: hold, flip at once, keep the old side for a while when it is to go at all. */
function blueGreenSteps({ hold, keepOldSeconds }: BlueGreen, removesLeaves: boolean): readonly Step[] {
  const flip: Step = { kind: 'setWeight', weight: 100 };
  const keep: readonly Step[] =
    removesLeaves && keepOldSeconds > 0 ? [{ kind: 'pause', durationSeconds: keepOldSeconds }] : [];
  switch (hold.kind) {
    case 'none':
      return [flip, ...keep];
    case 'timed':
      return [{ kind: 'pause', durationSeconds: hold.durationSeconds }, flip, ...keep];
    case 'untilPromoted':
      return [{ kind: 'pause' }, flip, ...keep];
    default:
      return hold satisfies never;
  }
}

/** Gives each weight its shares, and the time that answers given before it may still be cached. */
function shifts(steps: readonly Step[], { spec, inForce, to, firstTtlSeconds }: TrafficInput): readonly PlanStep[] {
  const first = steps.findIndex(({ kind }) => kind === 'setWeight');
  return steps.map((step, index): PlanStep => {
    if (step.kind === 'pause') return step;
    const ttlSeconds = index === first ? firstTtlSeconds : spec.dns.ttlSeconds;
    const failover = spec.routing.kind === 'failover' ? { failover: spec.routing.clusters } : {};
    return {
      kind: 'setWeight',
      weight: step.weight,
      shares: shares(inForce, to, step.weight),
      ttlSeconds,
      ...failover,
    };
  });
}

/** What a step takes when everything else takes no time. */
function leastSeconds(step: PlanStep): number {
  if (step.kind === 'setWeight') return step.ttlSeconds;
  return step.kind === 'pause' ? (step.durationSeconds ?? 0) : 0;
}

/** The least, and every deadline used up; null when a step waits for a person. */
function latestSeconds(steps: readonly PlanStep[], { deadlines }: FederatedIngress): number | null {
  if (steps.some((step) => step.kind === 'pause' && step.durationSeconds === undefined)) return null;
  return sum(steps.map((step) => leastSeconds(step) + slack(step, deadlines.progressDeadlineSeconds)));
}

function slack(step: PlanStep, progressDeadlineSeconds: number): number {
  if (step.kind === 'pause') return 0;
  return step.kind === 'awaitReady' ? step.timeoutSeconds : progressDeadlineSeconds;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
