import { backendNames, stepText } from '../plan/explain.ts';
import { leastSeconds } from '../plan/times.ts';
import type { PlanStep } from '../plan/types.ts';
import type { Entity } from './entity.ts';
import type { Rollout } from './records.ts';
import type { RolloutStatus, StepStatus } from './status.ts';

/** The rollout with its steps in words, as HTTP and CLI show it. */
export function rolloutStatus(entity: Entity, rollout: Rollout): RolloutStatus {
  const { held, failed = [], outcome } = rollout;
  const lastActor = entity.history.at(-1)?.actor;
  const end = outcome ? undefined : expectedEnd(rollout);
  return {
    generation: rollout.generation,
    ...(rollout.cause ? { cause: rollout.cause.words } : {}),
    step: rollout.step,
    steps: rollout.plan.steps.map((step, index) => ({
      step,
      text: stepText(step, backendNames(rollout.plan)),
      plannedSeconds: leastSeconds(step),
      ...stepTimes(rollout, index),
    })),
    startedAt: time(rollout.startedAt),
    ...(rollout.endedAt === undefined ? {} : { endedAt: time(rollout.endedAt) }),
    paused: rollout.pausedBy !== undefined,
    ...(held ? { held: { ...held, since: time(held.since) } } : {}),
    ...(failed.length > 0 ? { failedClusters: failed } : {}),
    ...(lastActor === undefined ? {} : { lastActor }),
    ...(end === undefined ? {} : { expectedEnd: time(end) }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}

/** When it ends if nothing takes longer than it must, ms since the epoch; undefined when it waits for a person. */
function expectedEnd({ plan, step, records, held, pausedBy, full, rollback }: Rollout): number | undefined {
  const left = plan.steps.slice(step);
  if (held || pausedBy !== undefined || rollback || (!full && left.some(waitsForPerson))) return undefined;
  const [current, ...later] = left;
  const { startedAt = Date.now(), until } = records[step] ?? {};
  const currentEnd = until ?? startedAt + (current ? leastSeconds(current) : 0) * 1000;
  const rest = later.reduce((sum, one) => sum + leastSeconds(one), 0);
  return Math.max(currentEnd, Date.now()) + rest * 1000;
}

function waitsForPerson(step: PlanStep): boolean {
  return step.kind === 'pause' && step.durationSeconds === undefined;
}

function stepTimes(rollout: Rollout, index: number): Omit<StepStatus, 'step' | 'text' | 'plannedSeconds'> {
  const record = rollout.records[index];
  const { startedAt, endedAt, until, gates } = record ?? {};
  return {
    state: endedAt !== undefined ? 'done' : startedAt !== undefined ? 'running' : 'waiting',
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: time(endedAt) }),
    ...(until === undefined ? {} : { until: time(until) }),
    ...(gates === undefined ? {} : { gates }),
  };
}

/** RFC 3339. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
