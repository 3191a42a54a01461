import { condition, workflowInfo } from '@temporalio/workflow';
import { NextRun } from '../failure.ts';
import type { StepContext, StepOf } from './step.ts';

/** Waits for the time given, or until somebody promotes. What has passed of it counts, whatever came between. */
export async function pause(step: StepOf<'pause'>, { run, rollout, record }: StepContext): Promise<void> {
  const promoted = (): boolean => rollout.full || rollout.promotedStep === rollout.step;
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested;
  const isOver = (): boolean => promoted() || isLong();
  if (step.durationSeconds === undefined) await condition(isOver);
  else {
    record.until = (record.startedAt ?? Date.now()) + step.durationSeconds * 1000;
    run.show();
    const left = record.until - Date.now();
    if (left <= 0) return;
    await condition(isOver, left, { summary: `Pause, step ${rollout.step + 1}` });
    if (record.until <= Date.now()) return;
  }
  if (!promoted()) throw new NextRun();
}
