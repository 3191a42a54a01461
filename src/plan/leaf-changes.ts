import { splitsInCluster } from '../spec/leaf-kinds.ts';
import type { Backend, FederatedIngress } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import { leafRefs, leavesWithout, primaryLeaf, sameLeaf } from './leaves.ts';
import type { LeafRef, Leaving } from './types.ts';

interface LeafChanges {
  /** All that is written, in order; the union of `create` and `update`. */
  readonly apply: readonly LeafRef[];
  readonly create: readonly LeafRef[];
  readonly update: readonly LeafRef[];
  readonly remove: readonly LeafRef[];
  /** Services of the workloads that serve as they are. */
  readonly use: readonly LeafRef[];
}

/** What becomes of which object. */
export function leafChanges(
  spec: FederatedIngress,
  inForce: readonly Backend[],
  existing: readonly LeafRef[],
): LeafChanges {
  const wanted = leafRefs(spec);
  // For the time of the rollout a leaf that splits serves both sides, and each of them can be reached on its own.
  const apply = leafRefs(spec, rolloutBackends(spec, inForce));
  const create = leavesWithout(apply, existing);
  return {
    apply,
    create,
    update: leavesWithout(apply, create),
    remove: leavesWithout([...existing, ...create], wanted),
    use: usedAsIs(spec),
  };
}

/**
 * The backends that leaves are written for in a rollout: those wanted, and with a kind that splits also those that are in
 * force beside them in the same cluster. Wanted ones first.
 */
export function rolloutBackends(
  spec: Pick<FederatedIngress, 'leaf' | 'backends'>,
  inForce: readonly Backend[],
): readonly Backend[] {
  if (!splitsInCluster(spec.leaf.kind)) return spec.backends;
  const known = new Set(spec.backends.map(backendId));
  const beside = inForce.filter((backend) => {
    return !known.has(backendId(backend)) && spec.backends.some((wanted) => sharesLeaf(wanted, backend));
  });
  return [...spec.backends, ...beside];
}

/** Backends that go while the leaf that serves them stays. */
export function leavingBackends(spec: FederatedIngress, inForce: readonly Backend[]): readonly Leaving[] {
  const staying = new Set(spec.backends.map(backendId));
  return rolloutBackends(spec, inForce).flatMap((backend) => {
    const id = backendId(backend);
    const { kind, cluster, namespace, name } = primaryLeaf(spec, backend);
    return staying.has(id) ? [] : [{ backend: id, leaf: { kind, cluster, namespace, name } }];
  });
}

function sharesLeaf(left: Backend, right: Backend): boolean {
  return left.cluster === right.cluster && left.namespace === right.namespace;
}

function usedAsIs(spec: FederatedIngress): readonly LeafRef[] {
  const refs = spec.backends.flatMap((backend) => {
    const { owned, ...ref } = primaryLeaf(spec, backend);
    return owned ? [] : [ref];
  });
  return refs.filter((ref, index) => refs.findIndex((other) => sameLeaf(other, ref)) === index);
}
