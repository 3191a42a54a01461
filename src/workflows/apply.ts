import { ApplicationFailure, condition } from '@temporalio/workflow';
import { specEquals } from '../spec/document.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { accept, conflicts, refuseIssues } from './accept.ts';
import { activities } from './activities.ts';
import { forgiveDrift } from './drift-records.ts';
import { complete, type Entity, submittedSpec } from './entity.ts';
import { answering } from './failure.ts';
import { keepGeneration } from './generations.ts';
import { factsOf, remember, whoOf } from './history.ts';
import { currentBackends } from './leaf-intents.ts';
import type { Steering } from './messages.ts';
import { claimPreview } from './preview-host.ts';
import { dropQueued, hasToWait, queue } from './queue.ts';
import type { RolloutCause } from './records.ts';
import type { EntityRun } from './run.ts';
import type { ApplyResult, Facts } from './status.ts';
import { amend, amends, supersede } from './supersede.ts';
import { forgetWithheld } from './withheld.ts';

/** What is special when a document is made the newest generation by other means than `apply`. */
export interface Replacement {
  /** Why there will be a rollout. */
  readonly cause?: RolloutCause;
  /** The caller writes the history. */
  readonly isNoted?: true;
  /** It has waited for its turn. */
  readonly isDue?: true;
}

/**
 * Makes a document the newest generation. What becomes of a rollout under way is for its `onChange` to say; a new one goes on
 * from the shares in force.
 */
export async function applyDocument(
  run: EntityRun,
  document: unknown,
  steering: Steering | undefined,
  replacement: Replacement = {},
): Promise<ApplyResult> {
  const { entity } = run;
  const first = !entity.claimed;
  await condition(() => entity.claimed || run.claimFailure !== undefined);
  if (run.claimFailure) throw run.claimFailure;
  return await run.applying.runExclusive(async () => {
    const spec = accept(entity, document);
    if (specEquals(spec, submittedSpec(entity))) {
      follow(entity, steering);
      if (!replacement.isDue) dropQueued(entity, steering);
      run.show();
      if (first) rememberApplied(entity, steering);
      return { outcome: first ? 'created' : 'unchanged', generation: entity.generation };
    }
    const placed = complete((await activities.admit(spec, currentBackends(entity))) ?? spec);
    refuseIssues(conflicts(entity, placed));
    await claimPreview(entity, placed.preview?.host);
    // The world may have moved on while the activities ran.
    refuseIssues(conflicts(entity, placed));
    accept(entity, document);
    if (!replacement.isDue && !replacement.cause && hasToWait(entity, placed)) return queue(entity, document, steering);
    if (!replacement.isDue) dropQueued(entity, steering);
    replace(run, { document, placed, steering }, replacement);
    return { outcome: 'updated', generation: entity.generation };
  });
}

interface Next {
  readonly document: unknown;
  readonly placed: FederatedIngress;
  readonly steering: Steering | undefined;
}

/** Makes it the newest generation, and begins its rollout or has that under way go on with it. */
function replace(run: EntityRun, { document, placed, steering }: Next, replacement: Replacement): void {
  const { entity } = run;
  const before = factsOf(entity);
  const amended = amends(entity, placed);
  entity.spec = placed;
  if (replacement.isDue) delete entity.queued;
  delete entity.unplaced;
  forgetWithheld(entity);
  forgiveDrift(entity);
  follow(entity, steering);
  entity.document = document;
  entity.generation += 1;
  keepGeneration(entity);
  if (amended) amend(run, amended);
  if (!replacement.isNoted)
    rememberApplied(entity, steering, { before, how: amended ? 'the rest of the rollout is amended' : undefined });
  if (!amended) supersede(run, replacement.cause);
}

/**
 * Makes the document that waited the newest one; until it is that, it waits. That it cannot be any more is no reason to stop.
 */
export async function applyQueued(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { queued } = entity;
  if (!queued) return;
  try {
    await answering(() => applyDocument(run, queued.document, queued.steering, { isDue: true }));
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    remember(entity, { actor: 'sluice', action: 'QueueRefused', message: error.message });
  } finally {
    // Refused, or what is there already. Not one that came since.
    if (entity.queued === queued) delete entity.queued;
  }
}

/** Not before the spec is accepted: until then all that is said is of the one before, and must not look like an answer to this. */
function follow(entity: Entity, steering: Steering | undefined): void {
  if (steering?.source) entity.source = steering.source;
}

interface Applied {
  readonly before?: Facts;
  readonly how?: string | undefined;
}

function rememberApplied(entity: Entity, steering: Steering | undefined, { before, how }: Applied = {}): void {
  const reason = steering?.reason === undefined ? '' : `: ${steering.reason}`;
  const message = `generation ${entity.generation}${how === undefined ? '' : `, ${how}`}${reason}`;
  remember(entity, { ...whoOf(steering), action: 'Applied', message }, before);
}
