import type { FederatedIngress } from '../spec/types.ts';
import type { PlanStep } from './types.ts';

/** What all steps take when everything else takes no time, whole seconds. */
export function earliestSeconds(steps: readonly PlanStep[]): number {
  return sum(steps.map(leastSeconds));
}

/** The least, and every deadline used up; null when a step waits for a person. */
export function latestSeconds(steps: readonly PlanStep[], { deadlines, rollout }: FederatedIngress): number | null {
  if (steps.some((step) => step.kind === 'pause' && step.durationSeconds === undefined)) return null;
  const { progressDeadlineSeconds } = deadlines;
  const { leaves, planes } = rollout;
  // One after the other; without limits of their own they are within the deadline, as everything else.
  const gateSeconds = (leaves.withinSeconds ?? 0) + (planes.withinSeconds ?? 0);
  const limits = { progressDeadlineSeconds, gateSeconds: Math.max(progressDeadlineSeconds, gateSeconds) };
  return sum(steps.map((step) => leastSeconds(step) + slack(step, limits)));
}

/** What one step takes at least, whole seconds. */
export function leastSeconds(step: PlanStep): number {
  switch (step.kind) {
    case 'setWeight':
      return step.ttlSeconds;
    case 'setTtl':
      return step.waitSeconds;
    case 'pause':
      return step.durationSeconds ?? 0;
    case 'applyLeaves':
    case 'awaitReady':
    case 'verify':
    case 'removeLeaves':
      return 0;
    default:
      return step satisfies never;
  }
}

interface StepLimits {
  readonly progressDeadlineSeconds: number;
  readonly gateSeconds: number;
}

function slack(step: PlanStep, { progressDeadlineSeconds, gateSeconds }: StepLimits): number {
  switch (step.kind) {
    case 'pause':
      return 0;
    case 'awaitReady':
      return step.timeoutSeconds;
    case 'verify':
      // Backends are asked at once, each one request after the other.
      return step.verification.count * step.verification.timeoutSeconds;
    case 'setWeight':
      return gateSeconds;
    case 'applyLeaves':
    case 'setTtl':
    case 'removeLeaves':
      return progressDeadlineSeconds;
    default:
      return step satisfies never;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
