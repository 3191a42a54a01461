import { sleep } from '@temporalio/workflow';
import { policyOf } from '../../plan/policy.ts';
import { isDraining } from '../entity.ts';
import { rememberStep } from '../history.ts';
import { limitsOf } from '../limits.ts';
import { publish } from '../traffic.ts';
import type { StepContext, StepOf } from './step.ts';

/** Publishes another TTL, and everything else as it is. */
export async function setTtl(step: StepOf<'setTtl'>, { run, rollout, record }: StepContext): Promise<void> {
  const { entity } = run;
  const { ttlSeconds, waitSeconds } = step;
  const policy = { ...(entity.policy ?? policyOf(entity.spec)), ttlSeconds };
  // After the last shift there is no way back, and so no limit.
  const limited = isDraining(rollout) ? {} : { limits: limitsOf(entity.spec) };
  await publish(run, entity.published, { summary: `TTL of ${ttlSeconds} s`, ...limited, policy });
  if (waitSeconds > 0) {
    record.until = Date.now() + waitSeconds * 1000;
    run.show();
    await sleep(waitSeconds * 1000, { summary: 'Until answers with the TTL before have left caches' });
  }
  entity.ttlInForceSeconds = ttlSeconds;
  rememberStep(entity, rollout, 'TtlChanged');
}
