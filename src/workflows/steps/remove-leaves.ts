import { sleep } from '@temporalio/workflow';
import { policyOf } from '../../plan/policy.ts';
import { rememberStep } from '../history.ts';
import { removeFromClusters } from '../removal.ts';
import { shift } from '../shift.ts';
import { isTtlShort } from './set-weight.ts';
import type { StepContext, StepOf } from './step.ts';

/** Takes drained backends out of the published state, waits until every plane has forgotten them, then removes their leaves. */
export async function removeLeaves(step: StepOf<'removeLeaves'>, { run, rollout, record }: StepContext): Promise<void> {
  const { spec } = run.entity;
  const wanted = policyOf(spec);
  const policy = isTtlShort(rollout) ? { ...wanted, ttlSeconds: spec.dns.rolloutTtlSeconds } : wanted;
  const { drainedInPart = [] } = run.entity;
  await shift(run, rollout.plan.to, { summary: 'Forget drained backends', policy });
  if (drainedInPart.length > 0) {
    const ttlMs = run.entity.ttlInForceSeconds * 1000;
    await sleep(ttlMs, { summary: 'Until answers of those who were late have left caches' });
  }
  await removeFromClusters(run, step.leaves, record);
  rememberStep(run.entity, rollout, 'LeavesRemoved');
}
