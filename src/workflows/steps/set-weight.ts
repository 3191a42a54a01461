import { condition, sleep } from '@temporalio/workflow';
import { formatSeconds } from '../../lib/duration.ts';
import { policyOf, policyOnTheWay } from '../../plan/policy.ts';
import { unionBackends } from '../../plan/shares.ts';
import type { BackendId } from '../../plan/types.ts';
import { StepFailed } from '../failure.ts';
import { describeUnready, isReady } from '../readiness.ts';
import { shift } from '../traffic.ts';
import type { StepContext, StepOf } from './step.ts';

/** Moves traffic to the shares of the step and waits until nothing else can still be cached. */
export async function setWeight(step: StepOf<'setWeight'>, context: StepContext): Promise<void> {
  const { run, rollout, record } = context;
  const { entity } = run;
  await risingAreReady(step, context);
  const { from, to } = rollout.plan;
  const backends = unionBackends(from, to);
  const staying = to.backends.map(({ cluster }) => cluster);
  const policy = policyOnTheWay(entity.policy, policyOf(entity.spec), staying);
  await shift(
    run,
    { backends, shares: step.shares },
    { summary: `Shift to ${step.weight} %`, deadlineSeconds: entity.spec.deadlines.progressDeadlineSeconds, policy },
  );
  if (step.ttlSeconds > 0) {
    record.until = Date.now() + step.ttlSeconds * 1000;
    run.show();
    await sleep(step.ttlSeconds * 1000, { summary: 'Until old answers have left caches' });
  }
  entity.ttlInForceSeconds = policy.ttlSeconds;
}

/** A share only rises for a backend whose readiness was observed after its last write (DESIGN 12, invariant 2). */
async function risingAreReady(step: StepOf<'setWeight'>, { run }: StepContext): Promise<void> {
  const { entity } = run;
  const rising = (Object.keys(step.shares) as BackendId[]).filter(
    (backend) => (step.shares[backend] ?? 0) > (entity.published.shares[backend] ?? 0),
  );
  const ready = (): boolean => rising.every((backend) => isReady(entity, backend));
  if (ready()) return;
  const limit = entity.spec.deadlines.progressDeadlineSeconds;
  if (await condition(ready, limit * 1000, { summary: 'Growing backends are ready' })) return;
  const unready = describeUnready(entity, rising) ?? 'a growing backend is not ready';
  throw new StepFailed('ProgressDeadlineExceeded', `${unready} (waited ${formatSeconds(limit)})`);
}
