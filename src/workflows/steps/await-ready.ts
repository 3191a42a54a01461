import { condition } from '@temporalio/workflow';
import { formatSeconds } from '../../lib/duration.ts';
import { StepFailed } from '../failure.ts';
import { describeUnready, isReady } from '../readiness.ts';
import type { StepContext, StepOf } from './step.ts';

/** Waits until every backend of the step was seen ready after its leaf was written. */
export async function awaitReady(step: StepOf<'awaitReady'>, { run }: StepContext): Promise<void> {
  const { entity } = run;
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
