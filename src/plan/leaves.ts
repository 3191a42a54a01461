import { edgeName, splitsInCluster } from '../spec/leaf-kinds.ts';
import type { Backend, FederatedIngress, Leaf } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import type { LeafKind, LeafRef } from './types.ts';

/** What names the leaves of a FederatedIngress. */
export type LeafNames = Pick<FederatedIngress, 'name' | 'leaf' | 'preview'>;

/** The object whose status says where a backend is reached. Not owned: a Service of the workload, used as it is. */
export interface PrimaryLeaf extends LeafRef {
  readonly owned: boolean;
}

/** Every object that Sluice makes for these backends, in the order of writing: Secrets, Gateways, then what refers to them. */
export function leafRefs(
  spec: LeafNames & Pick<FederatedIngress, 'backends' | 'tls'>,
  backends: readonly Backend[] = spec.backends,
): readonly LeafRef[] {
  const { tls } = spec;
  const copied =
    tls === undefined || tls.from === 'cluster' ? [] : backends.map(at('Secret', certificateName(spec.name)));
  const gateways = ownsGateway(spec.leaf) ? backends.map(at('Gateway', spec.name)) : [];
  const refs = [...copied, ...gateways, ...backends.flatMap((backend) => trafficRefs(spec, backend, backends))];
  return refs.filter((ref, index) => refs.findIndex((other) => sameLeaf(other, ref)) === index);
}

/** The object that tells where a backend is reached and whether it was accepted. */
export function primaryLeaf({ name, leaf }: LeafNames, backend: Backend): PrimaryLeaf {
  if (leaf.kind !== 'Service') return { ...at(leaf.kind, name)(backend), owned: true };
  if (leaf.type !== undefined) return { ...at('Service', edgeName(name))(backend), owned: true };
  return { ...at('Service', backend.routes[0]?.service.name ?? '')(backend), owned: false };
}

/**
 * Which of `backends` an object serves: those of its cluster and namespace, or the one that has a Route of its own. None
 * when it is not one of their leaves.
 */
export function backendsOf(spec: LeafNames, ref: LeafRef, backends: readonly Backend[]): readonly Backend[] {
  const near = backends.filter(({ cluster, namespace }) => cluster === ref.cluster && namespace === ref.namespace);
  if (ref.kind === 'Secret') return near;
  if (ref.kind === 'Gateway') return ownsGateway(spec.leaf) && ref.name === spec.name ? near : [];
  return near.filter((backend) => trafficRefs(spec, backend, backends).some((other) => sameLeaf(other, ref)));
}

/**
 * The copy of the hub's certificate: one a FederatedIngress, also where several use the same certificate, so that none
 * loses it when another one goes.
 */
export function certificateName(name: string): string {
  return `${name}-sluice-tls`;
}

/** The Route for `<cluster>.<host>`. */
export function clusterRouteName(name: string): string {
  return `${name}-cluster`;
}

/** The Route that reaches one backend of several, at `<backend>.<cluster>.<host>`. */
export function backendRouteName(name: string, backend: Pick<Backend, 'name'>): string {
  return `${name}-${backend.name}`;
}

/** The HTTPRoute or Route for the preview host. */
export function previewLeafName(name: string): string {
  return `${name}-preview`;
}

/** Whether an object is for the preview host alone, so that it leads to what a rollout brings. */
export function isPreviewLeaf({ name, leaf, preview }: LeafNames, ref: LeafRef): boolean {
  return (
    preview !== undefined && ref.kind === leaf.kind && splitsInCluster(leaf.kind) && ref.name === previewLeafName(name)
  );
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

/** Whether other backends are served by the same object, so that a probe has to name the one that it means. */
export function isShared(backend: Backend, backends: readonly Backend[]): boolean {
  const id = backendId(backend);
  return backends.some((other) => {
    return other.cluster === backend.cluster && other.namespace === backend.namespace && backendId(other) !== id;
  });
}

/** What serves a backend itself, without what that needs (Secret, Gateway). */
function trafficRefs(
  { name, leaf, preview }: LeafNames,
  backend: Backend,
  backends: readonly Backend[],
): readonly LeafRef[] {
  // Before the others: once a controller serves those, it has taken up this one.
  const ofPreview = preview === undefined ? [] : [previewLeafName(name)];
  switch (leaf.kind) {
    case 'Ingress':
      return [at(leaf.kind, name)(backend)];
    case 'HTTPRoute':
      return [...ofPreview, name].map((each) => at(leaf.kind, each)(backend));
    case 'Service':
      return leaf.type === undefined ? [] : [at('Service', edgeName(name))(backend)];
    case 'Route': {
      const names = [...ofPreview, name, clusterRouteName(name)];
      const alone = isShared(backend, backends) ? [backendRouteName(name, backend)] : [];
      return [...names, ...alone].map((each) => at('Route', each)(backend));
    }
    default:
      return leaf satisfies never;
  }
}

function ownsGateway(leaf: Leaf): boolean {
  return leaf.kind === 'HTTPRoute' && leaf.gateway.kind === 'own';
}

function at(kind: LeafKind, name: string): (backend: Backend) => LeafRef {
  return ({ cluster, namespace }) => ({ kind, cluster, namespace, name });
}
