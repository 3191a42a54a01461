import { backendId } from '../plan/backend-id.ts';
import { leafRefOf } from '../plan/leaves.ts';
import { unionBackends } from '../plan/shares.ts';
import type { BackendId } from '../plan/types.ts';
import type { ReadinessTarget } from '../planes/leaf/leaf.ts';
import type { Backend } from '../spec/types.ts';
import { activeRollout, type Entity } from './entity.ts';

/** Backends that have or are to have a leaf: those of the newest spec and those still in the published state. */
export function currentBackends(entity: Entity): readonly Backend[] {
  const rollout = activeRollout(entity);
  const desired = rollout ? rollout.plan.to.backends : entity.spec.backends;
  const wanted = { backends: desired, shares: {} };
  return unionBackends(entity.inForce, { backends: unionBackends(entity.published, wanted), shares: {} });
}

/** What to follow: every current backend, with the addresses that it was last seen at. */
export function readinessTargets(entity: Entity): readonly ReadinessTarget[] {
  return currentBackends(entity).map((backend) => ({
    backend: backendId(backend),
    ref: leafRefOf(entity.name, entity.spec.leaf.kind, backend),
    owner: { namespace: entity.namespace, name: entity.name },
    host: entity.spec.host,
    health: entity.spec.health,
    lastAddresses: entity.addresses[backendId(backend)] ?? [],
  }));
}

export function isReady(entity: Entity, backend: BackendId): boolean {
  return entity.readiness[backend]?.kind === 'ready';
}

/** One sentence on the backends that are not ready, or undefined when all are. */
export function describeUnready(entity: Entity, backends: readonly BackendId[]): string | undefined {
  const unready = backends.filter((backend) => !isReady(entity, backend));
  if (unready.length === 0) return undefined;
  return unready.map((backend) => `${backend} is not ready: ${reasonOf(entity, backend)}`).join('; ');
}

function reasonOf(entity: Entity, backend: BackendId): string {
  const readiness = entity.readiness[backend];
  return readiness && readiness.kind !== 'ready' ? readiness.message : 'not observed yet';
}
