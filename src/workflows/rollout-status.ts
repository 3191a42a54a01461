import { backendNames, stepText } from '../plan/explain.ts';
import type { Rollout } from './entity.ts';
import type { RolloutStatus, StepStatus } from './status.ts';

/** The rollout with its steps in words, as HTTP and CLI show it. */
export function rolloutStatus(rollout: Rollout): RolloutStatus {
  return {
    generation: rollout.generation,
    step: rollout.step,
    steps: rollout.plan.steps.map((step, index) => ({
      step,
      text: stepText(step, backendNames(rollout.plan)),
      ...stepTimes(rollout, index),
    })),
    startedAt: time(rollout.startedAt),
    ...(rollout.endedAt === undefined ? {} : { endedAt: time(rollout.endedAt) }),
    paused: rollout.pausedBy !== undefined,
    ...(rollout.outcome === undefined ? {} : { outcome: rollout.outcome }),
  };
}

function stepTimes(rollout: Rollout, index: number): Omit<StepStatus, 'step' | 'text'> {
  const record = rollout.records[index];
  const { startedAt, endedAt, until } = record ?? {};
  return {
    state: endedAt !== undefined ? 'done' : startedAt !== undefined ? 'running' : 'waiting',
    ...(startedAt === undefined ? {} : { startedAt: time(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: time(endedAt) }),
    ...(until === undefined ? {} : { until: time(until) }),
  };
}

/** RFC 3339. */
export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
