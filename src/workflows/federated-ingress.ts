import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  makeContinueAsNewFunc,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { applyQueued } from './apply.ts';
import { claim } from './claim.ts';
import { deleteEverything } from './deletion.ts';
import { activeRollout, createEntity, type Entity, resumeEntity } from './entity.ts';
import { NextRun, refusal } from './failure.ts';
import { setHandlers } from './handlers.ts';
import { beginRollout } from './planning.ts';
import { statusOf } from './report.ts';
import { carryOn, idle } from './rollout.ts';
import { EntityRun } from './run.ts';
import type { Status } from './status.ts';
import { publishAgain } from './traffic.ts';

/**
 * The life of one FederatedIngress, from its first document until it is deleted: id
 * `federatedingress/<namespace>/<name>`, input the document itself. `carried` is what an earlier run hands over when it
 * continues as new; from anybody else it is refused.
 */
export async function federatedIngress(document: unknown, carried?: Entity): Promise<Status> {
  if (carried !== undefined && workflowInfo().continuedFromExecutionRunId === undefined) {
    throw refusal('InvalidSpec', 'started with two inputs; allowed: one, the document');
  }
  const run = new EntityRun(carried === undefined ? createEntity(document) : resumeEntity(carried));
  setHandlers(run);
  endOnCancellation(run);
  return await CancellationScope.nonCancellable(() => live(run));
}

async function live(run: EntityRun): Promise<Status> {
  const { entity } = run;
  run.show();
  if (!entity.claimed) await claim(run);
  else run.follow();
  // Backends have moved, and the run before could not tell the planes any more.
  if (entity.moved) void publishAgain(run);
  for (;;) {
    if (entity.deletion) return await endOf(run);
    if (await workOn(run)) return await continueAsNew(entity);
    if (!idle(run)) continue;
    if (run.canceled)
      throw new CancelledFailure('canceled; what is served stays as it is, and applying it again takes it over');
    if (run.dirty || workflowInfo().continueAsNewSuggested) {
      if (await becomesBusy(run)) continue;
      return await continueAsNew(entity);
    }
    await condition(() => !idle(run) || run.canceled || workflowInfo().continueAsNewSuggested);
  }
}

/** Temporal delays the successor of a run that was younger than this, and nobody hears what is reported meanwhile. */
const MINIMUM_AGE_MS = 1_100;

/** Stays until the run is old enough to continue as new at once. Whether there is something to do before that. */
async function becomesBusy(run: EntityRun): Promise<boolean> {
  const left = MINIMUM_AGE_MS - (Date.now() - workflowInfo().runStartTime.getTime());
  // Stored histories from before have no such wait.
  if (left <= 0 || !patched('minimum-age')) return false;
  return await condition(() => !idle(run) || run.canceled, left, { summary: 'Before it continues as new' });
}

/** Begins or carries on a rollout if there is something to roll out. True: go on in a new run. */
async function workOn(run: EntityRun): Promise<boolean> {
  const { entity } = run;
  if (!activeRollout(entity) && entity.rollout && entity.queued) await applyQueued(run);
  const isNew = entity.rollout?.generation !== entity.generation;
  if (!activeRollout(entity) && (isNew || entity.due)) beginRollout(entity, entity.due);
  const rollout = activeRollout(entity);
  if (rollout) {
    if ((await carryOn(run, rollout)) === 'ended') return false;
    await condition(allHandlersFinished);
    return true;
  }
  await condition(() => allHandlersFinished() || activeRollout(entity) !== undefined || entity.deletion !== undefined);
  return false;
}

async function endOf(run: EntityRun): Promise<Status> {
  try {
    await deleteEverything(run);
  } catch (error) {
    if (!(error instanceof NextRun)) throw error;
    await condition(allHandlersFinished);
    return await continueAsNew(run.entity);
  }
  await condition(allHandlersFinished);
  return statusOf(run.entity);
}

/** The whole state goes along, soak clocks included. */
function continueAsNew(entity: Entity): Promise<never> {
  return makeContinueAsNewFunc<typeof federatedIngress>()(entity.document, entity);
}

/** `temporal workflow cancel`: a rollout goes back to the last completed generation, then the run ends; nothing is removed. */
function endOnCancellation(run: EntityRun): void {
  CancellationScope.current().cancelRequested.catch(() => {
    run.canceled = true;
    run.turnBack('WorkflowCanceled', 'the workflow was canceled');
  });
}
