import { condition } from '@temporalio/workflow';
import { inPlaceConflicts } from '../plan/in-place.ts';
import { place } from '../plan/placement.ts';
import { plan } from '../plan/plan.ts';
import type { Allocation } from '../plan/types.ts';
import type { Environment } from '../spec/admission.ts';
import { formatIssues, specEquals } from '../spec/document.ts';
import { parse } from '../spec/parse.ts';
import type { FederatedIngress, SpecIssue } from '../spec/types.ts';
import { activities } from './activities.ts';
import { forgiveDrift } from './drift-records.ts';
import { activeRollout, type Entity, remember, submittedSpec } from './entity.ts';
import { refusal } from './failure.ts';
import { currentBackends } from './leaf-intents.ts';
import type { Steering } from './messages.ts';
import { beginRollout, planInput } from './rollout.ts';
import type { EntityRun } from './run.ts';
import type { ApplyResult, Preview } from './status.ts';

/** Refuses a document that cannot become the newest generation. Synchronous: it is the validator of `apply`. */
export function validateDocument(entity: Entity, document: unknown): void {
  accept(entity, document);
}

/** Makes a document the newest generation. A rollout under way ends, and the new one goes on from the shares in force. */
export async function applyDocument(
  run: EntityRun,
  document: unknown,
  steering: Steering | undefined,
): Promise<ApplyResult> {
  const { entity } = run;
  const first = !entity.claimed;
  await condition(() => entity.claimed || run.claimFailure !== undefined);
  if (run.claimFailure) throw run.claimFailure;
  return await run.applying.runExclusive(async () => {
    const spec = accept(entity, document);
    if (specEquals(spec, submittedSpec(entity))) {
      follow(entity, steering);
      run.show();
      if (first) rememberApplied(entity, steering);
      return { outcome: first ? 'created' : 'unchanged', generation: entity.generation };
    }
    const placed = (await activities.admit(spec, currentBackends(entity))) ?? spec;
    // The world may have moved on while the activity ran.
    refuseIssues(conflicts(entity, placed));
    accept(entity, document);
    entity.spec = placed;
    delete entity.unplaced;
    forgiveDrift(entity);
    follow(entity, steering);
    entity.document = document;
    entity.generation += 1;
    rememberApplied(entity, steering);
    supersede(run);
    return { outcome: 'updated', generation: entity.generation };
  });
}

/** Begins the rollout of the newest generation now; one that is going back has to get there first. */
export function supersede(run: EntityRun): void {
  if (activeRollout(run.entity)?.rollback) return;
  beginRollout(run.entity);
  run.stopWalk();
  run.show();
}

/** What `apply` would do, without doing it. */
export function previewDocument(entity: Entity, document: unknown, clusters?: Environment['clusters']): Preview {
  const submitted = accept(entity, document);
  const spec = previewPlacement(entity, submitted, clusters);
  refuseIssues(conflicts(entity, spec));
  return {
    outcome: specEquals(submitted, submittedSpec(entity)) ? 'unchanged' : 'updated',
    plan: plan(planInput(entity, spec)),
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

function rememberApplied(entity: Entity, steering: Steering | undefined): void {
  const reason = steering?.reason === undefined ? '' : `: ${steering.reason}`;
  remember(entity, {
    actor: steering?.actor ?? 'temporal',
    action: 'Applied',
    message: `generation ${entity.generation}${reason}`,
  });
}

function invalid(issues: readonly SpecIssue[]): Error {
  return refusal('InvalidSpec', formatIssues(issues), [issues]);
}
