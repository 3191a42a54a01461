import { backendIds } from '../plan/backend-id.ts';
import type { Allocation, BackendId } from '../plan/types.ts';
import type { Entity } from './entity.ts';

/**
 * Notes who comes to share 0 by what is in force from now on, and until when an answer with it may be cached. Not before it
 * `isEverywhere`: who has not followed gives such answers still.
 */
export function noteDrained(entity: Entity, { shares }: Allocation, isEverywhere: boolean): void {
  const cachedUntil = Date.now() + entity.ttlInForceSeconds * 1000;
  const { inForce, drained = {}, drainedInPart = [] } = entity;
  const known = backendIds({ ...inForce.shares, ...shares });
  const without = known.filter((id) => (shares[id] ?? 0) === 0);
  const isNew = (id: BackendId): boolean => (inForce.shares[id] ?? 0) > 0 || drainedInPart.includes(id);
  entity.drained = Object.fromEntries(
    without.flatMap((id): readonly (readonly [string, number])[] => {
      const until = isNew(id) ? cachedUntil : drained[id];
      return until === undefined || (isNew(id) && !isEverywhere) ? [] : [[id, until]];
    }),
  );
  delete entity.drainedInPart;
  if (!isEverywhere) entity.drainedInPart = without.filter(isNew);
}
