import { backendId } from '../plan/backend-id.ts';
import { backendsOf, isPreviewLeaf, isShared, primaryLeaf } from '../plan/leaves.ts';
import { unionBackends } from '../plan/shares.ts';
import type { Allocation, LeafRef } from '../plan/types.ts';
import type { LeafIntent, ReadinessTarget } from '../planes/leaf/leaf.ts';
import { splitsInCluster } from '../spec/leaf-kinds.ts';
import type { Backend } from '../spec/types.ts';
import { policyFor } from './drift-records.ts';
import { activeRollout, type Entity } from './entity.ts';

/** Backends that have or are to have a leaf: those of the newest spec and those still in the published state. */
export function currentBackends(entity: Entity): readonly Backend[] {
  const rollout = activeRollout(entity);
  const desired = rollout ? rollout.plan.to.backends : entity.spec.backends;
  const wanted = { backends: desired, shares: {} };
  return unionBackends(entity.inForce, { backends: unionBackends(entity.published, wanted), shares: {} });
}

/**
 * What the leaves of the preview host lead to while `published` is: what a rollout brings, whether it is ready or not; else
 * the same as the host.
 */
export function previewSide(entity: Entity, published: Allocation): Allocation {
  const rollout = activeRollout(entity);
  return rollout && !rollout.rollback ? rollout.plan.to : published;
}

/** What these leaves should be now: by the newest spec, for the backends of the present and the desired allocation. */
export function leafIntents(entity: Entity, refs: readonly LeafRef[]): readonly LeafIntent[] {
  const { spec } = entity;
  const all = leafBackends(entity);
  const side = previewSide(entity, entity.published);
  return refs.map((ref) => ({
    ref,
    owner: { namespace: entity.namespace, name: entity.name },
    host: spec.host,
    ...(spec.preview === undefined ? {} : { preview: spec.preview }),
    leaf: spec.leaf,
    ...(spec.tls === undefined ? {} : { tls: spec.tls }),
    drift: policyFor(entity, ref),
    backends: isPreviewLeaf(spec, ref)
      ? withShares(backendsOf(spec, ref, side.backends), side)
      : withShares(backendsOf(spec, ref, all), entity.published),
  }));
}

/**
 * What was written into the clusters and splits traffic in another way in this allocation. Nothing else in it changes:
 * a rollback finds the leaves as the generation before has left them.
 */
export function reweighted(entity: Entity, allocation: Allocation): readonly LeafIntent[] {
  return (entity.written ?? []).flatMap(({ intent, pending }) => {
    if (!splitsInCluster(intent.leaf.kind) || intent.ref.kind !== intent.leaf.kind) return [];
    const { ref, leaf, preview } = intent;
    const names = { name: entity.name, leaf, ...(preview === undefined ? {} : { preview }) };
    const wanted = isPreviewLeaf(names, ref) ? previewSide(entity, allocation) : allocation;
    const backends = withShares(backendsOf(names, ref, wanted.backends), wanted);
    // Nobody is left in it: it is on its way out.
    if (backends.length === 0) return [];
    return pending || !sameSplit(backends, intent.backends) ? [{ ...intent, backends }] : [];
  });
}

/** What to follow: every current backend, with the addresses that it was last seen at. */
export function readinessTargets(entity: Entity): readonly ReadinessTarget[] {
  const { spec } = entity;
  const backends = leafBackends(entity);
  return currentBackends(entity).map((backend) => {
    const { owned, ...ref } = primaryLeaf(spec, backend);
    const id = backendId(backend);
    const port = entity.ports?.[id];
    return {
      backend: id,
      of: backend,
      ref,
      owned,
      leaf: spec.leaf,
      owner: { namespace: entity.namespace, name: entity.name },
      host: spec.host,
      ...(spec.preview === undefined ? {} : { preview: spec.preview }),
      ...(spec.tls === undefined ? {} : { tls: spec.tls }),
      health: spec.health,
      lastAddresses: entity.addresses[id] ?? [],
      ...(port === undefined ? {} : { lastPort: port }),
      shared: isShared(backend, backends),
    };
  });
}

/**
 * Whom leaves are written for: everybody current. A kind that cannot split holds one backend in a cluster, and what is
 * wanted there comes before what leaves.
 */
function leafBackends(entity: Entity): readonly Backend[] {
  const all = currentBackends(entity);
  if (splitsInCluster(entity.spec.leaf.kind)) return all;
  const wanted = entity.spec.backends;
  const isTaken = ({ cluster, namespace }: Backend): boolean =>
    wanted.some((other) => other.cluster === cluster && other.namespace === namespace);
  return [...wanted, ...all.filter((backend) => !isTaken(backend))];
}

function withShares(backends: readonly Backend[], { shares }: Allocation): LeafIntent['backends'] {
  return backends.map((backend) => ({ backend, share: shares[backendId(backend)] ?? 0 }));
}

/** Whether both give each backend the same part of the cluster's traffic, however much that is of all traffic. */
function sameSplit(left: LeafIntent['backends'], right: LeafIntent['backends']): boolean {
  if (left.length !== right.length) return false;
  const [ofLeft, ofRight] = [total(left), total(right)];
  // Without any share the weights of the spec count.
  if ((ofLeft === 0) !== (ofRight === 0) && left.length > 1) return false;
  return left.every(({ backend, share }) => {
    const other = right.find((each) => backendId(each.backend) === backendId(backend));
    return other !== undefined && (left.length === 1 || share * ofRight === other.share * ofLeft);
  });
}

function total(backends: LeafIntent['backends']): number {
  return backends.reduce((sum, { share }) => sum + share, 0);
}
