import { condition } from '@temporalio/workflow';
import { formatSeconds } from '../../lib/duration.ts';
import { unionBackends } from '../../plan/shares.ts';
import type { Rollout } from '../entity.ts';
import { StepFailed } from '../failure.ts';
import { describeUnready, isReady } from '../readiness.ts';
import type { EntityRun } from '../run.ts';
import { shift } from '../traffic.ts';
import type { StepContext, StepOf } from './step.ts';

/** Waits until every backend of the step was seen ready after its leaf was written. */
export async function awaitReady(step: StepOf<'awaitReady'>, { run, rollout }: StepContext): Promise<void> {
  await untilReady(step, run);
  const next = rollout.plan.steps[rollout.step + 1];
  if (next?.kind === 'pause') await publishWithoutTraffic(run, rollout);
}

async function untilReady(step: StepOf<'awaitReady'>, { entity }: EntityRun): Promise<void> {
  const { progressDeadlineSeconds } = entity.spec.deadlines;
  const limit = Math.min(step.timeoutSeconds, progressDeadlineSeconds);
  const allReady = (): boolean => step.backends.every((backend) => isReady(entity, backend));
  const ready =
    allReady() || (await condition(allReady, limit * 1000, { summary: `Ready within ${formatSeconds(limit)}` }));
  if (ready) return;
  const reason = step.timeoutSeconds <= progressDeadlineSeconds ? 'ReadyTimeout' : 'ProgressDeadlineExceeded';
  throw new StepFailed(
    reason,
    `${describeUnready(entity, step.backends) ?? 'not ready'} (waited ${formatSeconds(limit)})`,
  );
}

/** Before a pause: the new backends are reachable as `<cluster>.<host>`, so that they can be tested while it lasts. */
async function publishWithoutTraffic(run: EntityRun, { plan }: Rollout): Promise<void> {
  const { published } = run.entity;
  const backends = unionBackends(published, plan.to);
  if (backends.length === published.backends.length) return;
  await shift(run, { backends, shares: published.shares }, { summary: 'Publish new backends without traffic' });
}
