import { backendNames, stepText } from '../plan/explain.ts';
import { isStepDone } from '../plan/replan.ts';
import { leastSeconds } from '../plan/times.ts';
import type { Shares } from '../plan/types.ts';
import type { Entity } from './entity.ts';
import type { Rollout } from './records.ts';
import { isSkipped } from './skipped.ts';
import type { RolloutStatus, StepStatus } from './status.ts';

/** The rollout with its steps in words, as HTTP and CLI show it. */
export function rolloutStatus(entity: Entity, rollout: Rollout): RolloutStatus {
  const { held, failed = [], outcome } = rollout;
  const lastActor = entity.history.at(-1)?.actor;
  const ends = outcome ? [] : expectedEnds(rollout);
  const end = ends.at(-1);
  const names = backendNames(rollout.plan);
  return {
    generation: rollout.generation,
    ...(rollout.cause ? { cause: rollout.cause.words } : {}),
    step: rollout.step,
    steps: rollout.plan.steps.map((step, index) => ({
      step,
      text: stepText(step, names),
      plannedSeconds: leastSeconds(step),
      ...stepTimes(entity, rollout, index),
      ...endOf(ends[index]),
    })),
    startedAt: time(rollout.startedAt),
    ...(rollout.endedAt === undefined ? {} : { endedAt: time(rollout.endedAt) }),
    paused: rollout.pausedBy !== undefined,
    ...(held ? { held: { ...held, since: time(held.since) } } : {}),
    ...(failed.length > 0 ? { failedClusters: failed } : {}),
    ...(lastActor === undefined ? {} : { lastActor }),
    ...endOf(end),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/**
 * When each step ends if nothing takes longer than it must, ms since the epoch. Unknown of steps that are done, and from the
 * first on that waits for a person.
 */
export function expectedEnds(rollout: Rollout): readonly (number | undefined)[] {
  const { plan, step: current, records, held, pausedBy, rollback } = rollout;
  if (held || pausedBy !== undefined || rollback) return [];
  const { startedAt = Date.now(), until } = records[current] ?? {};
  let end: number | undefined = startedAt;
  return plan.steps.map((step, index) => {
    if (index < current) return undefined;
    const isOver = isSkipped(rollout, index) || (step.kind === 'pause' && records[index]?.endedAt !== undefined);
    if (step.kind === 'pause' && !isOver && step.durationSeconds === undefined) end = undefined;
    const seconds = isOver ? 0 : leastSeconds(step);
    if (end === undefined) return undefined;
    end = index === current ? Math.max(until ?? end + seconds * 1000, Date.now()) : end + seconds * 1000;
    return end;
  });
}

function endOf(end: number | undefined): { expectedEnd?: string } {
  return end === undefined ? {} : { expectedEnd: time(end) };
}

function stepTimes(
  { inForce }: Pick<Entity, 'inForce'>,
  rollout: Rollout,
  index: number,
): Pick<StepStatus, 'state' | 'startedAt' | 'endedAt' | 'until' | 'gates'> {
  if (index > rollout.step && !isDoneAhead(rollout, index, inForce.shares)) return { state: 'waiting' };
  const { startedAt, endedAt, until, gates } = rollout.records[index] ?? {};
  return {
    state: endedAt !== undefined ? 'done' : startedAt !== undefined ? 'running' : 'waiting',
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: time(endedAt) }),
    ...(until === undefined ? {} : { until: time(until) }),
    ...(gates === undefined ? {} : { gates }),
  };
}

/** Planned anew, it walks from the first step on: what is done of the strategy stays so, but for shares that are others now. */
export function isDoneAhead({ plan, records }: Rollout, step: number, inForce: Shares): boolean {
  return isStepDone({ steps: plan.steps, records, step }, inForce);
}

/** RFC 3339. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
