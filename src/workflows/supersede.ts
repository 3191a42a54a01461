import type { FederatedIngress } from '../spec/types.ts';
import { isAmendment } from './amendment.ts';
import { activeRollout, type Entity } from './entity.ts';
import { beginRollout, planAmended } from './planning.ts';
import type { Rollout, RolloutCause } from './records.ts';
import type { EntityRun } from './run.ts';

/** Begins the rollout of the newest generation now; one that is going back has to get there first. */
export function supersede(run: EntityRun, cause?: RolloutCause): void {
  if (activeRollout(run.entity)?.rollback) {
    if (cause) run.entity.due = cause;
    return;
  }
  beginRollout(run.entity, cause);
  run.stopWalk();
  run.show();
}

/**
 * Rolls out what comes from no document. What was taken back stays so: then only the way back is gone once more, to where it
 * leads now.
 */
export function rollOut(run: EntityRun, cause: RolloutCause): void {
  const { rollout } = run.entity;
  if (!rollout?.rollback) return supersede(run, cause);
  // Under way it looks at its end whether it leads elsewhere by now; failed, there is nothing that serves.
  if (rollout.outcome?.kind !== 'rolledBack') return;
  delete rollout.outcome;
  delete rollout.endedAt;
  delete rollout.cause;
  const { reason, message } = rollout.rollback;
  rollout.rollback = { reason, message };
  run.show();
}

/** The rollout whose remaining steps the spec changes, and nothing else; undefined: it is another rollout. */
export function amends(entity: Entity, next: FederatedIngress): Rollout | undefined {
  const rollout = activeRollout(entity);
  if (next.rollout.onChange !== 'amend' || !rollout || rollout.rollback || rollout.cause) return undefined;
  return isAmendment(rollout, entity.spec, next) ? rollout : undefined;
}

/** Goes on with the steps of the newest spec, at the place that is reached. */
export function amend(run: EntityRun, rollout: Rollout): void {
  rollout.generation = run.entity.generation;
  planAmended(run.entity, rollout);
  run.replanned();
}
