import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { isStepDone } from '../plan/replan.ts';
import { heldByDrift } from './drift-records.ts';
import { fail, leaveOut } from './failing.ts';
import { ClustersFailed, NextRun, stepFailure } from './failure.ts';
import type { Rollout } from './records.ts';
import type { EntityRun } from './run.ts';
import { isSkipped } from './skipped.ts';
import { runStep } from './steps/step.ts';
import { leaveOutUnreachable } from './unreachable.ts';

/** How a walk through the plan ended. `turnedBack`: traffic has to go back, `rollout.rollback` says why. */
export type WalkEnd = 'completed' | 'turnedBack' | 'superseded' | 'deleted' | 'continueAsNew';

/** Walks the plan to its end; begins again where it is when it was planned anew, or when a person lets it go on. */
export async function walk(run: EntityRun, rollout: Rollout): Promise<WalkEnd> {
  for (;;) {
    try {
      const end = await run.walking(() => walkWithin(run, rollout));
      // Said while the last step came to its end.
      return end === 'completed' && rollout.rollback ? 'turnedBack' : end;
    } catch (error) {
      const end = endOfWalk(run, rollout, error);
      if (end !== 'walkAgain') return end;
      run.show();
    }
  }
}

function endOfWalk(run: EntityRun, rollout: Rollout, error: unknown): WalkEnd | 'walkAgain' {
  const { entity } = run;
  if (entity.deletion) return 'deleted';
  if (entity.rollout !== rollout) return 'superseded';
  if (rollout.rollback) return 'turnedBack';
  if (error instanceof NextRun) return 'continueAsNew';
  // Planned anew, or held and let go again meanwhile: whatever else cancels it has been looked at.
  if (isCancellation(error)) return 'walkAgain';
  if (error instanceof ClustersFailed && leaveOut(run, rollout, error.clusters)) return 'walkAgain';
  fail(run, stepFailure(error, entity.waitsFor));
  return rollout.held ? 'walkAgain' : 'turnedBack';
}

/** Walks, and leaves clusters out that keep it waiting for too long, where the spec says so. */
async function walkWithin(run: EntityRun, rollout: Rollout): Promise<'completed' | 'continueAsNew'> {
  const { unreachable } = run.entity.spec.rollout;
  if (unreachable.kind === 'wait') return await walkSteps(run, rollout);
  const beside = new CancellationScope({ cancellable: true });
  // It ends with the walk, or makes the walk begin anew.
  beside.run(() => leaveOutUnreachable(run, rollout, unreachable.afterSeconds)).catch(() => undefined);
  try {
    return await walkSteps(run, rollout);
  } finally {
    beside.cancel();
  }
}

async function walkSteps(run: EntityRun, rollout: Rollout): Promise<'completed' | 'continueAsNew'> {
  const mayGoOn = (): boolean => !rollout.pausedBy && !rollout.held && !heldByDrift(run.entity);
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested;
  for (; rollout.step < rollout.plan.steps.length; rollout.step += 1) {
    await condition(() => mayGoOn() || isLong() || rollout.step <= (rollout.catchUpTo ?? -1));
    if (isLong()) return 'continueAsNew';
    const step = rollout.plan.steps[rollout.step];
    const record = rollout.records[rollout.step];
    if (!step || !record) break;
    const { plan, records } = rollout;
    if (isStepDone({ steps: plan.steps, records, step: rollout.step }, run.entity.inForce.shares)) continue;
    delete record.endedAt;
    // One that goes on in the next run, or after it was planned anew, began earlier.
    record.startedAt ??= Date.now();
    run.show();
    if (!isSkipped(rollout, rollout.step)) await runStep(step, { run, rollout, record });
    record.endedAt = Date.now();
  }
  return 'completed';
}
