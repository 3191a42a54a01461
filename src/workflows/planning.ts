import { type PlanInput, plan } from '../plan/plan.ts';
import type { Plan, PlanStep } from '../plan/types.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Entity } from './entity.ts';
import type { Rollout, RolloutCause, StepRecord } from './records.ts';
import { unreachableClusters, withheldClusters } from './withheld.ts';

/** Plans the way from what is in force now to the newest spec and makes it the entity's rollout, in place of any other. */
export function beginRollout(entity: Entity, cause?: RolloutCause): void {
  const planned = plan(planInput(entity, cause?.direct ? direct(entity.spec) : entity.spec));
  delete entity.due;
  entity.rollout = {
    generation: entity.generation,
    ...(cause === undefined ? {} : { cause }),
    plan: planned,
    step: 0,
    records: planned.steps.map(() => ({})),
    startedAt: Date.now(),
    full: false,
  };
}

/**
 * Plans the rest of a rollout anew from where it began, and keeps its place: what is done of the strategy stays done, and a
 * soak goes on. Leaves are written and awaited once more, and the shares of the step that was reached last are published
 * again if they are others now.
 */
export function planAnew(entity: Entity, rollout: Rollout): void {
  const planned = planRest(entity, rollout);
  rollout.records = planned.steps.map((step) => keptRecord(step, rollout));
  rollout.plan = planned;
  rollout.step = 0;
}

/** The same when nothing but the steps to come has changed: nothing is done twice. */
export function planAmended(entity: Entity, rollout: Rollout): void {
  const planned = planRest(entity, rollout);
  const { steps } = rollout.plan;
  rollout.records = planned.steps.map((step, index) => {
    const isSame = step.kind === steps[index]?.kind && placeOf(step) === undefined;
    return isSame ? (rollout.records[index] ?? {}) : keptRecord(step, rollout);
  });
  rollout.plan = planned;
  const next = rollout.records.findIndex(({ endedAt }) => endedAt === undefined);
  rollout.step = next === -1 ? planned.steps.length : next;
}

function planRest(entity: Entity, { plan: before, cause, failed = [] }: Rollout): Plan {
  const spec = cause?.direct ? direct(entity.spec) : entity.spec;
  const input = planInput(entity, spec);
  return plan({ ...input, inForce: before.from, failed: failed.map(({ cluster }) => cluster) });
}

/** What was done of the strategy, and how long it has soaked. */
function keptRecord(step: PlanStep, { plan: before, records, step: current }: Rollout): StepRecord {
  const place = placeOf(step);
  const index = before.steps.findIndex((one) => place !== undefined && placeOf(one) === place);
  const { startedAt, endedAt } = records[index] ?? {};
  if (startedAt === undefined) return {};
  if (endedAt !== undefined) return { startedAt, endedAt };
  return index === current && step.kind === 'pause' ? { startedAt } : {};
}

/** The place of a step in the strategy's own list. */
function placeOf(step: PlanStep): number | undefined {
  return 'strategyStep' in step ? step.strategyStep : undefined;
}

function direct(spec: FederatedIngress): FederatedIngress {
  return { ...spec, strategy: { kind: 'direct' } };
}

/** What a plan from what is in force now to this spec has to know. */
export function planInput(entity: Entity, spec: FederatedIngress): PlanInput {
  return {
    spec,
    inForce: entity.published,
    policyInForce: entity.policy,
    ttlInForceSeconds: entity.ttlInForceSeconds,
    existingLeaves: entity.leaves,
    withheld: withheldClusters(entity),
    unreachable: unreachableClusters(entity),
    ...(entity.leafPolicy ? { leavesInForce: entity.leafPolicy } : {}),
  };
}
