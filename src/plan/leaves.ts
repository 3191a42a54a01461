import type { Backend, Leaf } from '../spec/types.ts';
import type { LeafRef } from './types.ts';

/** The object that serves a backend: named after the FederatedIngress, in the backend's cluster and namespace. */
export function leafRefOf(name: string, kind: Leaf['kind'], { cluster, namespace }: Backend): LeafRef {
  return { kind, cluster, namespace, name };
}

/** The objects that serve these backends, one a cluster and namespace, in the order of the backends. */
export function leafRefs(name: string, kind: Leaf['kind'], backends: readonly Backend[]): readonly LeafRef[] {
  const refs = backends.map((backend) => leafRefOf(name, kind, backend));
  return refs.filter((ref, index) => refs.findIndex((other) => sameLeaf(other, ref)) === index);
}

/** Whether two references are to the same object. */
export function sameLeaf(left: LeafRef, right: LeafRef): boolean {
  return (
    left.kind === right.kind &&
    left.cluster === right.cluster &&
    left.namespace === right.namespace &&
    left.name === right.name
  );
}

/** Those of `refs` that are not among `others`. */
export function leavesWithout(refs: readonly LeafRef[], others: readonly LeafRef[]): readonly LeafRef[] {
  return refs.filter((ref) => !others.some((other) => sameLeaf(ref, other)));
}
