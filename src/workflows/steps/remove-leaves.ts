import { leavesWithout } from '../../plan/leaves.ts';
import { policyOf } from '../../plan/policy.ts';
import type { LeafRef } from '../../plan/types.ts';
import { activities, WRITING } from '../activities.ts';
import type { EntityRun } from '../run.ts';
import { shift } from '../traffic.ts';
import type { StepContext, StepOf } from './step.ts';

/** Takes drained backends out of the published state, waits until every plane has forgotten them, then removes their leaves. */
export async function removeLeaves(step: StepOf<'removeLeaves'>, { run, rollout }: StepContext): Promise<void> {
  await shift(run, rollout.plan.to, { summary: 'Forget drained backends', policy: policyOf(run.entity.spec) });
  await deleteLeaves(run, step.leaves);
}

/** Removes leaves and strikes them out. Goes on trying where a cluster does not answer. */
export async function deleteLeaves(run: EntityRun, leaves: readonly LeafRef[]): Promise<void> {
  if (leaves.length === 0) return;
  const { entity } = run;
  const owner = { namespace: entity.namespace, name: entity.name };
  const summary = `Remove ${leaves.map((leaf) => `${leaf.kind} in ${leaf.cluster}`).join(', ')}`.slice(0, 190);
  await run.work((watch) =>
    activities.removeLeaves.executeWithOptions({ ...WRITING, summary }, [{ watch, owner, leaves }]),
  );
  entity.leaves = leavesWithout(entity.leaves, leaves);
}
