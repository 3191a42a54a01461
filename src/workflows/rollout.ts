import { allHandlersFinished, CancellationScope } from '@temporalio/workflow';
import { activeRollout } from './entity.ts';
import { NextRun } from './failure.ts';
import { completeGeneration } from './generations.ts';
import { remember } from './history.ts';
import type { Rollout } from './records.ts';
import { goBack } from './rollback.ts';
import { countLive } from './rollback-steps.ts';
import type { EntityRun } from './run.ts';
import { walk } from './walk.ts';

/**
 * Carries the current rollout on until it is completed, rolled back, superseded or cut short for a deletion.
 * `continueAsNew` means that it goes on in the next run.
 */
export async function carryOn(run: EntityRun, rollout: Rollout): Promise<'ended' | 'continueAsNew'> {
  const end = rollout.rollback ? 'turnedBack' : await walk(run, rollout);
  run.dirty = true;
  switch (end) {
    case 'continueAsNew':
      return 'continueAsNew';
    case 'completed':
      complete(run, rollout);
      await countLive(run);
      break;
    case 'turnedBack':
      return await turnBack(run, rollout);
    case 'superseded':
      finish(run, rollout, { kind: 'superseded', byGeneration: run.entity.generation });
      break;
    case 'deleted':
      finish(run, rollout, { kind: 'failed', reason: 'Deleted', message: 'cut short by a deletion' });
      break;
    default:
      end satisfies never;
  }
  return 'ended';
}

async function turnBack(run: EntityRun, rollout: Rollout): Promise<'ended' | 'continueAsNew'> {
  try {
    const outcome = await CancellationScope.nonCancellable(() => goBack(run, rollout));
    if (outcome === 'continueAsNew') return outcome;
    finish(run, rollout, outcome);
    return 'ended';
  } catch (error) {
    if (error instanceof NextRun) return 'continueAsNew';
    throw error;
  }
}

function complete(run: EntityRun, rollout: Rollout): void {
  const { entity } = run;
  const { generation, plan: done, failed = [] } = rollout;
  entity.live = { generation, allocation: done.to, ...(entity.policy ? { policy: entity.policy } : {}) };
  completeGeneration(entity, generation);
  const left = failed.length === 0 ? '' : `; left at what they had: ${failed.map(({ cluster }) => cluster).join(', ')}`;
  finish(run, rollout, { kind: 'completed' });
  remember(entity, {
    actor: 'sluice',
    action: 'Completed',
    message: `generation ${rollout.generation} serves all traffic${left}`,
  });
}

function finish(run: EntityRun, rollout: Rollout, outcome: NonNullable<Rollout['outcome']>): void {
  rollout.outcome = outcome;
  rollout.endedAt = Date.now();
  delete run.entity.waitsFor;
  if (outcome.kind !== 'superseded') delete run.entity.away;
  run.show();
}

/** Nothing left to do in this run, so that the next one may take over. */
export function idle(run: EntityRun): boolean {
  return !activeRollout(run.entity) && !run.entity.deletion && allHandlersFinished();
}
