import { ApplicationFailure, condition } from '@temporalio/workflow';
import { inPlaceConflicts } from '../plan/in-place.ts';
import { place } from '../plan/placement.ts';
import { plan } from '../plan/plan.ts';
import type { Allocation } from '../plan/types.ts';
import { canWithhold } from '../plan/withhold.ts';
import type { Environment } from '../spec/admission.ts';
import { formatIssues, specEquals } from '../spec/document.ts';
import { parse } from '../spec/parse.ts';
import type { FederatedIngress, SpecIssue } from '../spec/types.ts';
import { activities } from './activities.ts';
import { isAmendment } from './amendment.ts';
import { forgiveDrift } from './drift-records.ts';
import { activeRollout, complete, type Entity, submittedSpec } from './entity.ts';
import { answering, refusal } from './failure.ts';
import { keepGeneration } from './generations.ts';
import { factsOf, remember } from './history.ts';
import { currentBackends } from './leaf-intents.ts';
import type { Steering } from './messages.ts';
import { beginRollout, planAmended, planInput } from './planning.ts';
import type { Rollout, RolloutCause } from './records.ts';
import type { EntityRun } from './run.ts';
import type { ApplyResult, Facts, HistoryEntry, PlannedPreview } from './status.ts';
import { forgetWithheld, withheldClusters } from './withheld.ts';

/** Refuses a document that cannot become the newest generation. Synchronous: it is the validator of `apply`. */
export function validateDocument(entity: Entity, document: unknown): void {
  accept(entity, document);
}

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
      dropQueued(entity, steering);
      run.show();
      if (first) rememberApplied(entity, steering);
      return { outcome: first ? 'created' : 'unchanged', generation: entity.generation };
    }
    const placed = complete((await activities.admit(spec, currentBackends(entity))) ?? spec);
    // The world may have moved on while the activity ran.
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

/** Begins the rollout of the newest generation now; one that is going back has to get there first. */
export function supersede(run: EntityRun, cause?: RolloutCause): void {
  if (activeRollout(run.entity)?.rollback) {
    if (cause) run.entity.due = cause;
    return;
  }
  beginRollout(run.entity, cause);
  run.stopWalk();
  run.show();
}

/**
 * Rolls out what comes from no document. What was taken back stays so: then only the way back is gone once more, to where it
 * leads now.
 */
export function rollOut(run: EntityRun, cause: RolloutCause): void {
  const { rollout } = run.entity;
  if (!rollout?.rollback) return supersede(run, cause);
  // Under way it looks at its end whether it leads elsewhere by now; failed, there is nothing that serves.
  if (rollout.outcome?.kind !== 'rolledBack') return;
  delete rollout.outcome;
  delete rollout.endedAt;
  delete rollout.cause;
  run.show();
}

/** Makes the document that waited the newest one. That it cannot be any more is no reason to stop. */
export async function applyQueued(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { queued } = entity;
  if (!queued) return;
  delete entity.queued;
  try {
    await answering(() => applyDocument(run, queued.document, queued.steering, { isDue: true }));
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
    remember(entity, { actor: 'sluice', action: 'QueueRefused', message: error.message });
  }
}

/** A rollout that goes back or is held is no reason to wait: what comes may well be the remedy. */
function hasToWait(entity: Entity, next: FederatedIngress): boolean {
  const rollout = activeRollout(entity);
  return next.rollout.onChange === 'queue' && rollout !== undefined && !rollout.rollback && !rollout.held;
}

function queue(entity: Entity, document: unknown, steering: Steering | undefined): ApplyResult {
  if (entity.queued && specEquals(entity.queued.document, document)) {
    return { outcome: 'unchanged', generation: entity.generation + 1 };
  }
  entity.queued = { document, at: Date.now(), ...(steering ? { steering } : {}) };
  const generation = entity.generation + 1;
  const message = `begins as generation ${generation} when generation ${entity.generation} has ended`;
  remember(entity, { ...whoOf(steering), action: 'Queued', message });
  return { outcome: 'queued', generation };
}

/** The newest word counts, also when it is what is there already. */
function dropQueued(entity: Entity, steering: Steering | undefined): void {
  if (!entity.queued) return;
  delete entity.queued;
  remember(entity, { ...whoOf(steering), action: 'QueueDropped', message: 'what was queued is not wanted any more' });
}

/** The rollout whose remaining steps the spec changes, and nothing else; undefined: it is another rollout. */
function amends(entity: Entity, next: FederatedIngress): Rollout | undefined {
  const rollout = activeRollout(entity);
  if (next.rollout.onChange !== 'amend' || !rollout || rollout.rollback || rollout.cause) return undefined;
  return isAmendment(rollout, entity.spec, next) ? rollout : undefined;
}

function amend(run: EntityRun, rollout: Rollout): void {
  rollout.generation = run.entity.generation;
  planAmended(run.entity, rollout);
  run.replanned();
}

/** What `apply` would do, without doing it. */
export function previewDocument(entity: Entity, document: unknown, clusters?: Environment['clusters']): PlannedPreview {
  const submitted = accept(entity, document);
  const spec = previewPlacement(entity, submitted, clusters);
  refuseIssues(conflicts(entity, spec));
  const start = planInput(entity, spec);
  return {
    outcome: specEquals(submitted, submittedSpec(entity)) ? 'unchanged' : 'updated',
    plan: plan(start),
    start,
    ...(entity.live ? { live: entity.live.allocation } : {}),
  };
}

function previewPlacement(
  entity: Entity,
  spec: FederatedIngress,
  clusters: Environment['clusters'] | undefined,
): FederatedIngress {
  if (clusters) return place(spec, clusters, currentBackends(entity));
  if (spec.placements.length === 0 || specEquals(spec.placements, entity.spec.placements)) {
    return { ...spec, backends: [...spec.backends, ...entity.spec.backends.filter(({ placement }) => placement)] };
  }
  throw refusal('Refused', 'a preview of other placements needs the clusters as second input, or the HTTP API');
}

function refuseIssues(issues: readonly SpecIssue[]): void {
  if (issues.length > 0) throw invalid(issues);
}

function accept(entity: Entity, document: unknown): FederatedIngress {
  const parsed = parse(document);
  if (parsed.kind === 'invalid') throw invalid(parsed.issues);
  const spec = parsed.value;
  // Where placements come to is only known once they are placed.
  const found = spec.placements.length === 0 ? conflicts(entity, spec) : [];
  refuseIssues([...identityIssues(entity, spec), ...found]);
  if (entity.deletion)
    throw refusal('Refused', `${entity.namespace}/${entity.name} is being deleted: apply it again when it is gone`);
  return spec;
}

function identityIssues(entity: Entity, spec: FederatedIngress): readonly SpecIssue[] {
  const fixed = [
    { path: 'metadata.namespace', found: spec.namespace, wanted: entity.namespace },
    { path: 'metadata.name', found: spec.name, wanted: entity.name },
    { path: 'spec.host', found: spec.host, wanted: entity.spec.host },
  ];
  return fixed
    .filter(({ found, wanted }) => found !== wanted)
    .map(({ path, found, wanted }) => ({
      path,
      message: `cannot change from "${wanted}" to "${found}": delete this FederatedIngress, or submit the new one under another name`,
    }));
}

/** Against what is in force now, and against what a rollback would go back to. */
export function conflicts(entity: Entity, spec: FederatedIngress): readonly SpecIssue[] {
  const allocations = [entity.published, ...(entity.live ? [entity.live.allocation] : [])].map(withTraffic);
  const kind = entity.leafPolicy?.leaf.kind;
  const issues = allocations.flatMap((allocation) => inPlaceConflicts(spec, allocation, kind));
  const withheld = withheldClusters(entity);
  if (withheld.length > 0 && !canWithhold(spec.backends, withheld)) {
    const message = `all of their clusters get no traffic (${withheld.join(', ')}): undrain one of them first`;
    return [{ path: 'spec.backends', message }];
  }
  return [...new Map(issues.map((issue) => [issue.path + issue.message, issue])).values()];
}

/** A stand-in for a lost workflow's backend has no routes to conflict with. */
function withTraffic(allocation: Allocation): Allocation {
  return { ...allocation, backends: allocation.backends.filter((backend) => backend.routes.length > 0) };
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

/** Who did it, where and why, as the history keeps it. */
export function whoOf(steering: Steering | undefined): Pick<HistoryEntry, 'actor' | 'door' | 'reason'> {
  const { actor = 'temporal', door = 'temporal', reason } = steering ?? {};
  return { actor, door, ...(reason === undefined ? {} : { reason }) };
}

function invalid(issues: readonly SpecIssue[]): Error {
  return refusal('InvalidSpec', formatIssues(issues), [issues]);
}
