import { heldByDrift } from './drift-records.ts';
import { activeRollout, type Entity } from './entity.ts';
import type { Condition, EntityState } from './status.ts';

type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions now. The transition time stays while the status does. */
export function conditionsOf(entity: Entity, state: EntityState, message: string): readonly Condition[] {
  const now = new Date(Date.now()).toISOString();
  return [ready(entity, state, message), progressing(entity, state, message), claimed(entity)].map((verdict) => {
    const before = entity.conditions.find((condition) => condition.type === verdict.type);
    const since = before?.status === verdict.status ? before.lastTransitionTime : now;
    return { ...verdict, observedGeneration: entity.generation, lastTransitionTime: since };
  });
}

/** Ready: the newest generation serves all its traffic. */
function ready(entity: Entity, state: EntityState, message: string): Verdict {
  if (state === 'Degraded') return { type: 'Ready', status: 'False', reason: 'BackendNotReady', message };
  if (state === 'Ready') return { type: 'Ready', status: 'True', reason: 'Completed', message };
  return { type: 'Ready', status: 'False', reason: failureReason(entity) ?? state, message };
}

function progressing(entity: Entity, state: EntityState, message: string): Verdict {
  const under =
    state === 'Progressing' ||
    state === 'Paused' ||
    state === 'Held' ||
    state === 'RollingBack' ||
    state === 'Deleting';
  return { type: 'Progressing', status: under ? 'True' : 'False', reason: failureReason(entity) ?? state, message };
}

function claimed(entity: Entity): Verdict {
  const { host } = entity.spec;
  if (entity.claimed) return { type: 'HostnameClaimed', status: 'True', reason: 'Claimed', message: `${host} is ours` };
  return { type: 'HostnameClaimed', status: 'Unknown', reason: 'Claiming', message: `claiming ${host}` };
}

function failureReason(entity: Entity): string | undefined {
  const outcome = entity.rollout?.outcome;
  if (outcome?.kind === 'rolledBack' || outcome?.kind === 'failed') return outcome.reason;
  const active = activeRollout(entity);
  if (!active) return undefined;
  return active.rollback?.reason ?? active.held?.reason ?? heldByDrift(entity)?.reason;
}
