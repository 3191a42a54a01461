import { type PlanInput, plan } from '../plan/plan.ts';
import { direct, keptRecord, placeOf, planRest } from '../plan/replan.ts';
import type { Plan } from '../plan/types.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Entity } from './entity.ts';
import type { Rollout, RolloutCause } from './records.ts';
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
 * again if they are others now, whoever holds the next step back.
 */
export function planAnew(entity: Entity, rollout: Rollout): void {
  const planned = restOf(entity, rollout);
  const { steps } = rollout.plan;
  rollout.records = planned.steps.map((step) => keptRecord(step, { steps, records: rollout.records }));
  rollout.plan = planned;
  rollout.step = 0;
  rollout.catchUpTo = rollout.records.findLastIndex(({ endedAt }) => endedAt !== undefined);
  delete rollout.promotedStep;
}

/** The same when nothing but the steps to come has changed: nothing is done twice. */
export function planAmended(entity: Entity, rollout: Rollout): void {
  const planned = restOf(entity, rollout);
  const { steps } = rollout.plan;
  rollout.records = planned.steps.map((step, index) => {
    const isSame = step.kind === steps[index]?.kind && placeOf(step) === undefined;
    return isSame ? (rollout.records[index] ?? {}) : keptRecord(step, { steps, records: rollout.records });
  });
  rollout.plan = planned;
  const next = rollout.records.findIndex(({ endedAt }) => endedAt === undefined);
  rollout.step = next === -1 ? planned.steps.length : next;
  delete rollout.promotedStep;
}

/** The rollout of before, and its plan then. */
export interface Begun {
  readonly rollout: Rollout | undefined;
  readonly plan: Plan | undefined;
}

/** Plans again what was planned since then, from shares that came to nothing. */
export function planAgain(entity: Entity, begun: Begun): void {
  const { rollout } = entity;
  if (!rollout || rollout.outcome || rollout.rollback || rollout.plan === begun.plan) return;
  if (rollout === begun.rollout) return planAnew(entity, rollout);
  // A new one waits until the walk of the one before has ended: none of its steps has begun.
  const spec = rollout.cause?.direct ? direct(entity.spec) : entity.spec;
  rollout.plan = plan(planInput(entity, spec));
  rollout.records = rollout.plan.steps.map(() => ({}));
}

function restOf(entity: Entity, { plan: begun, cause, failed = [] }: Rollout): Plan {
  const spec = cause?.direct ? direct(entity.spec) : entity.spec;
  return planRest(
    planInput(entity, spec),
    begun,
    failed.map(({ cluster }) => cluster),
  );
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
    // Whoever works on a drained cluster wants to be left alone: it gets everything when it is back.
    unreachable: withheldClusters(entity),
    gone: unreachableClusters(entity),
    ...(entity.leafPolicy ? { leavesInForce: entity.leafPolicy } : {}),
  };
}
