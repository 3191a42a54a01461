import { inPlaceConflicts } from '../plan/in-place.ts';
import type { Allocation } from '../plan/types.ts';
import { canWithhold } from '../plan/withhold.ts';
import { formatIssues } from '../spec/document.ts';
import { parse } from '../spec/parse.ts';
import type { FederatedIngress, SpecIssue } from '../spec/types.ts';
import type { Entity } from './entity.ts';
import { refusal } from './failure.ts';
import { withheldClusters } from './withheld.ts';

/** Refuses a document that cannot become the newest generation. Synchronous: it is the validator of `apply`. */
export function validateDocument(entity: Entity, document: unknown): void {
  accept(entity, document);
}

/** Throws a refusal that says everything that is wrong. */
export function refuseIssues(issues: readonly SpecIssue[]): void {
  if (issues.length > 0) throw invalid(issues);
}

/** What a document says, when this FederatedIngress may become that. Throws a refusal. */
export function accept(entity: Entity, document: unknown): FederatedIngress {
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

function invalid(issues: readonly SpecIssue[]): Error {
  return refusal('InvalidSpec', formatIssues(issues), [issues]);
}
