import { sleep } from '@temporalio/workflow';
import { policyOf } from '../../plan/policy.ts';
import { publish } from '../traffic.ts';
import type { StepContext, StepOf } from './step.ts';

/** Publishes another TTL, and everything else as it is. */
export async function setTtl(step: StepOf<'setTtl'>, { run, record }: StepContext): Promise<void> {
  const { entity } = run;
  const { ttlSeconds, waitSeconds } = step;
  const policy = { ...(entity.policy ?? policyOf(entity.spec)), ttlSeconds };
  const deadlineSeconds = entity.spec.deadlines.progressDeadlineSeconds;
  await publish(run, entity.published, { summary: `TTL of ${ttlSeconds} s`, deadlineSeconds, policy });
  if (waitSeconds > 0) {
    record.until = Date.now() + waitSeconds * 1000;
    run.show();
    await sleep(waitSeconds * 1000, { summary: 'Until answers with the TTL before have left caches' });
  }
  entity.ttlInForceSeconds = ttlSeconds;
}
