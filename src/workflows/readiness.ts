import type { BackendId } from '../plan/types.ts';
import type { Entity } from './entity.ts';

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
