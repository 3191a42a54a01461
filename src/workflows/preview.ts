import { place } from '../plan/placement.ts';
import { plan } from '../plan/plan.ts';
import type { Environment } from '../spec/admission.ts';
import { specEquals } from '../spec/document.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { accept, conflicts, refuseIssues } from './accept.ts';
import { type Entity, submittedSpec } from './entity.ts';
import { refusal } from './failure.ts';
import { currentBackends } from './leaf-intents.ts';
import { planInput } from './planning.ts';
import type { PlannedPreview } from './status.ts';

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
