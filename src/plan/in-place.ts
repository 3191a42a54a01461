import type { Backend, FederatedIngress, SpecIssue } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import type { Allocation } from './types.ts';

/**
 * A cluster cannot go over from one backend to another while it has traffic: an Ingress holds one of them, so there is no
 * share in between and nothing to go back to. Checked when a spec is submitted, beside `admit`.
 */
export function inPlaceConflicts(spec: FederatedIngress, inForce: Allocation): readonly SpecIssue[] {
  return spec.backends.flatMap((backend, index) => {
    const other = inForce.backends.find((each) => isInTheWay(each, backend, inForce));
    if (other === undefined) return [];
    const message =
      `found "${backend.name}" (${backendId(backend)}) where "${other.name}" (${backendId(other)}) serves now; ` +
      `leaf kind ${spec.leaf.kind} cannot split inside a cluster, so there is no gradual way from one to the other ` +
      '(leaf kind HTTPRoute will be able to, it is not in this version). ' +
      `Serve the host from another cluster first and take "${other.name}" out of the list, ` +
      'or delete this FederatedIngress and apply the new one';
    return [{ path: `spec.backends[${index}]`, message }];
  });
}

/** With no traffic a leaf may change in place, but one in another namespace would claim the host beside it. */
function isInTheWay(other: Backend, backend: Backend, inForce: Allocation): boolean {
  const id = backendId(other);
  if (other.cluster !== backend.cluster || id === backendId(backend)) return false;
  return other.namespace !== backend.namespace || (inForce.shares[id] ?? 0) > 0;
}
