import { failedWith } from '../plan/replan.ts';
import { activeRollout, type Entity, isDraining } from './entity.ts';
import type { StepFailure } from './failure.ts';
import { remember } from './history.ts';
import { planAnew } from './planning.ts';
import type { Rollout } from './records.ts';
import type { EntityRun } from './run.ts';
import type { FailedCluster } from './status.ts';
import { withheldClusters } from './withheld.ts';

/** What the rollout's policy says to a failure: traffic goes back, or everything stays as it is until a person decides. */
export function fail(run: EntityRun, { reason, message }: StepFailure): void {
  const { entity } = run;
  const rollout = activeRollout(entity);
  if (!rollout || rollout.rollback || rollout.held) return;
  if (!holds(entity) && !isDraining(rollout)) return run.turnBack(reason, message);
  rollout.held = { reason, message, since: Date.now() };
  run.stopWalk();
  remember(entity, { actor: 'sluice', action: 'Held', message: `${reason}: ${message}` });
  run.show();
}

/** There is nothing to go back to where the old side is known to be broken. */
function holds({ spec: { rollout } }: Entity): boolean {
  return rollout.onFailure === 'hold' || rollout.incumbentBroken !== undefined;
}

/** Goes on without clusters that failed, which stay at what they had. False: more of them than may, or nobody is left. */
export function leaveOut(run: EntityRun, rollout: Rollout, clusters: readonly FailedCluster[]): boolean {
  const { entity } = run;
  const { spec } = entity;
  const { maxFailedClusters } = spec.rollout;
  const before = rollout.failed ?? [];
  // There is nothing to be left at any more.
  if (isDraining(rollout)) return false;
  const failed = failedWith({ spec, before, more: clusters, withheld: withheldClusters(entity) });
  if (!failed) return false;
  rollout.failed = failed;
  for (const { cluster, message } of clusters) {
    const budget = `${failed.length} of at most ${maxFailedClusters} have failed`;
    remember(entity, {
      actor: 'sluice',
      action: 'ClusterFailed',
      message: `${cluster} stays as it was (${budget}): ${message}`,
    });
  }
  planAnew(entity, rollout);
  run.replanned();
  return true;
}
