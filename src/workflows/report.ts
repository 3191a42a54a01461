import { backendId } from '../plan/backend-id.ts';
import { backendNames, stepText } from '../plan/explain.ts';
import type { BackendId, PlanStep } from '../plan/types.ts';
import { backendStatuses } from './backend-status.ts';
import { heldByDrift, leafText, pendingLeaves } from './drift-records.ts';
import { activeRollout, describeLive, type Entity, TAKEN_OVER } from './entity.ts';
import { undoableStatus } from './generations.ts';
import { currentBackends } from './leaf-intents.ts';
import { previewStatus } from './preview-host.ts';
import { describeUnready } from './readiness.ts';
import type { Rollout, StepRecord, Withheld } from './records.ts';
import { rolloutStatus, time } from './rollout-status.ts';
import type { EntityState, Status, WithheldCluster } from './status.ts';

/** The status document of an entity. */
export function statusOf(entity: Entity): Status {
  const preview = previewStatus(entity);
  return {
    namespace: entity.namespace,
    name: entity.name,
    host: entity.spec.host,
    createdAt: time(entity.createdAt),
    generation: entity.generation,
    ...(entity.live && entity.live.generation !== TAKEN_OVER ? { liveGeneration: entity.live.generation } : {}),
    document: entity.document,
    state: entityState(entity),
    message: sentence(entity),
    conditions: entity.conditions,
    backends: backendStatuses(entity),
    ...(entity.rollout ? { rollout: rolloutStatus(entity, entity.rollout) } : {}),
    ...(preview === undefined ? {} : { preview }),
    revision: entity.revision,
    ...(entity.withheld && entity.withheld.length > 0 ? { withheld: entity.withheld.map(withheldStatus) } : {}),
    ...(entity.queued ? { queued: { generation: entity.generation + 1, at: time(entity.queued.at) } } : {}),
    undoable: undoableStatus(entity),
    ...(entity.orphans && entity.orphans.length > 0 ? { orphans: entity.orphans } : {}),
    ...(entity.source ? { source: entity.source } : {}),
    history: entity.history,
  };
}

function withheldStatus({ since, ...withheld }: Withheld): WithheldCluster {
  return { ...withheld, since: time(since) };
}

/** One word for the whole. */
export function entityState(entity: Entity): EntityState {
  if (entity.deletion) return entity.deletion.phase === 'done' ? 'Deleted' : 'Deleting';
  const { rollout } = entity;
  if (!rollout) return 'Progressing';
  switch (rollout.outcome?.kind) {
    case undefined:
      return activeState(entity, rollout);
    case 'completed':
      return describeUnserved(entity) === undefined ? 'Ready' : 'Degraded';
    case 'rolledBack':
      return 'RolledBack';
    case 'failed':
      return 'Failed';
    case 'superseded':
      return 'Progressing';
    default:
      return rollout.outcome satisfies undefined;
  }
}

function activeState(entity: Entity, rollout: Rollout): EntityState {
  if (rollout.rollback) return 'RollingBack';
  if (rollout.held) return 'Held';
  const step = rollout.plan.steps[rollout.step];
  const untilPromoted = step?.kind === 'pause' && step.durationSeconds === undefined;
  const isHeld = rollout.records[rollout.step]?.startedAt === undefined && heldByDrift(entity) !== undefined;
  return rollout.pausedBy !== undefined || untilPromoted || isHeld ? 'Paused' : 'Progressing';
}

/** What it is doing or waiting for now, in one sentence. */
export function sentence(entity: Entity): string {
  if (entity.deletion) return deletionSentence(entity);
  return [mainSentence(entity), ...besides(entity)].join('; ');
}

/** What goes on beside the rollout and needs somebody to know of it. */
function besides(entity: Entity): readonly string[] {
  const held = heldByDrift(entity);
  const pending = pendingLeaves(entity);
  const isWriting = activeRollout(entity) !== undefined;
  return [
    ...(held ? [held.message] : []),
    ...(pending.length > 0 && !isWriting ? [`not written yet: ${pending.map(leafText).join(', ')}`] : []),
    ...(entity.unplaced === undefined ? [] : [entity.unplaced]),
    ...(entity.queued ? [`generation ${entity.generation + 1} is queued`] : []),
    ...(entity.withheld ?? []).map(withheldText),
  ];
}

function withheldText({ cluster, why, actor, reason }: Withheld): string {
  const by = why === 'drained' ? `drained by ${actor}` : 'it cannot be reached';
  return `${cluster} gets no traffic (${by}${reason === undefined ? '' : `: ${reason}`})`;
}

function mainSentence(entity: Entity): string {
  if (!entity.claimed) return `claiming the hostname ${entity.spec.host}`;
  const { rollout } = entity;
  if (!rollout) return 'about to begin';
  switch (rollout.outcome?.kind) {
    case undefined:
      return rolloutSentence(entity, rollout);
    case 'completed':
      return completedSentence(entity, rollout);
    case 'superseded':
      return `generation ${rollout.outcome.byGeneration} takes over`;
    case 'failed':
      return `failed (${rollout.outcome.reason}): ${rollout.outcome.message}; retry begins again`;
    case 'rolledBack':
      return `rolled back to ${describeLive(entity)} (${rollout.outcome.reason}): ${rollout.outcome.message}; retry begins again`;
    default:
      return rollout.outcome satisfies undefined;
  }
}

function completedSentence(entity: Entity, rollout: Rollout): string {
  const unserved = describeUnserved(entity);
  return `generation ${rollout.generation} serves all traffic${unserved === undefined ? '' : `, but ${unserved}`}`;
}

/** Backends that have traffic and are known not to serve it; undefined when there are none. */
function describeUnserved(entity: Entity): string | undefined {
  const failing = entity.inForce.backends
    .map(backendId)
    .filter((id) => (entity.inForce.shares[id] ?? 0) > 0 && entity.readiness[id]?.kind === 'notReady');
  return describeUnready(entity, failing);
}

function deletionSentence(entity: Entity): string {
  if (entity.deletion?.phase === 'done') {
    const { orphans = [] } = entity;
    return orphans.length === 0 ? 'deleted' : `deleted; left behind: ${orphans.map(leafText).join(', ')}`;
  }
  if (entity.waitsFor !== undefined) return `deleting: ${entity.waitsFor}`;
  if (entity.deletion?.phase === 'removingLeaves') return 'deleting: removing leaves';
  return 'deleting: waiting until no answer for the hostname can be cached any more';
}

function rolloutSentence(entity: Entity, rollout: Rollout): string {
  if (rollout.rollback) {
    const waitsFor = entity.waitsFor === undefined ? '' : `; ${entity.waitsFor}`;
    return `rolling back (${rollout.rollback.reason}): ${rollout.rollback.message}${waitsFor}`;
  }
  const position = `step ${rollout.step + 1} of ${rollout.plan.steps.length}`;
  if (rollout.held) {
    const { reason, message } = rollout.held;
    return `held at ${position} (${reason}): ${message}; retry tries it again, abort takes traffic back`;
  }
  const record = rollout.records[rollout.step];
  if (rollout.pausedBy !== undefined && record?.startedAt === undefined) {
    return `paused by ${rollout.pausedBy} before ${position}: resume lets it go on`;
  }
  if (record?.startedAt === undefined && heldByDrift(entity)) return `held before ${position}`;
  return `${position}: ${entity.waitsFor ?? stepSentence(entity, rollout, record)}`;
}

function stepSentence(entity: Entity, rollout: Rollout, record: StepRecord | undefined): string {
  const step = rollout.plan.steps[rollout.step];
  if (!step) return 'done';
  if (record?.until !== undefined) return untilSentence(step, time(record.until));
  switch (step.kind) {
    case 'applyLeaves':
      return 'writing leaves';
    case 'awaitReady':
      return readinessSentence(entity, step.backends);
    case 'setWeight':
    case 'setTtl':
      return shiftSentence(entity);
    case 'pause':
      return 'paused until promoted';
    case 'verify':
      return stepText(step, backendNames(rollout.plan));
    case 'removeLeaves':
      return 'removing drained leaves';
    default:
      return step satisfies never;
  }
}

function untilSentence({ kind }: PlanStep, until: string): string {
  if (kind === 'pause') return `pausing until ${until}`;
  const answers = kind === 'setTtl' ? 'answers with the TTL before' : 'answers given before';
  return `waiting until ${until}, when ${answers} have left all caches`;
}

/** All may be ready already: what is published then is reached by name, before it has traffic. */
function readinessSentence(entity: Entity, backends: readonly BackendId[]): string {
  const unready = describeUnready(entity, backends);
  return unready === undefined ? shiftSentence(entity) : `waiting for readiness: ${unready}`;
}

function shiftSentence(entity: Entity): string {
  const growing = currentBackends(entity).map(backendId);
  return describeUnready(entity, growing) ?? `waiting until every plane serves revision ${entity.revision}`;
}
