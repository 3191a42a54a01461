import { condition } from '@temporalio/workflow';
import type { StepContext, StepOf } from './step.ts';

/** Waits for the time given, or until somebody promotes. */
export async function pause(step: StepOf<'pause'>, { run, rollout, record }: StepContext): Promise<void> {
  const promoted = (): boolean => rollout.full || rollout.promotedStep === rollout.step;
  if (step.durationSeconds === undefined) {
    await condition(promoted);
    return;
  }
  record.until = Date.now() + step.durationSeconds * 1000;
  run.show();
  await condition(promoted, step.durationSeconds * 1000, { summary: `Pause, step ${rollout.step + 1}` });
}
