import { backendIds } from '../plan/backend-id.ts';
import type { Allocation } from '../plan/types.ts';
import type { Entity } from './entity.ts';

/** Notes who comes to share 0 by what is in force from now on, and until when an answer with it may be cached. */
export function noteDrained(entity: Entity, { shares }: Allocation): void {
  const cachedUntil = Date.now() + entity.ttlInForceSeconds * 1000;
  const { inForce, drained = {} } = entity;
  const known = backendIds({ ...inForce.shares, ...shares });
  entity.drained = Object.fromEntries(
    known.flatMap((id): readonly (readonly [string, number])[] => {
      if ((shares[id] ?? 0) > 0) return [];
      const until = (inForce.shares[id] ?? 0) > 0 ? cachedUntil : drained[id];
      return until === undefined ? [] : [[id, until]];
    }),
  );
}
