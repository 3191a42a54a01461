import { specEquals } from '../spec/document.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { activeRollout, type Entity } from './entity.ts';
import { remember, whoOf } from './history.ts';
import type { Steering } from './messages.ts';
import type { ApplyResult } from './status.ts';

/** A rollout that goes back or is held is no reason to wait: what comes may well be the remedy. */
export function hasToWait(entity: Entity, next: FederatedIngress): boolean {
  const rollout = activeRollout(entity);
  return next.rollout.onChange === 'queue' && rollout !== undefined && !rollout.rollback && !rollout.held;
}

/** Keeps a document for when the rollout under way has ended. The newest one counts. */
export function queue(entity: Entity, document: unknown, steering: Steering | undefined): ApplyResult {
  if (entity.queued && specEquals(entity.queued.document, document)) {
    return { outcome: 'unchanged', generation: entity.generation + 1 };
  }
  entity.queued = { document, at: Date.now(), ...(steering ? { steering } : {}) };
  const generation = entity.generation + 1;
  const message = `begins as generation ${generation} when generation ${entity.generation} has ended`;
  remember(entity, { ...whoOf(steering), action: 'Queued', message });
  return { outcome: 'queued', generation };
}

/** The newest word counts, also when it is what is there already. */
export function dropQueued(entity: Entity, steering: Steering | undefined): void {
  if (!entity.queued) return;
  delete entity.queued;
  remember(entity, { ...whoOf(steering), action: 'QueueDropped', message: 'what was queued is not wanted any more' });
}
