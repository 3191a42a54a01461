import type { FederatedIngress } from '../spec/types.ts';
import type { PlanStep } from './types.ts';

/** What all steps take when everything else takes no time, whole seconds. */
export function earliestSeconds(steps: readonly PlanStep[]): number {
  return sum(steps.map(leastSeconds));
}

/** The least, and every deadline used up; null when a step waits for a person. */
export function latestSeconds(steps: readonly PlanStep[], { deadlines }: FederatedIngress): number | null {
  if (steps.some((step) => step.kind === 'pause' && step.durationSeconds === undefined)) return null;
  return sum(steps.map((step) => leastSeconds(step) + slack(step, deadlines.progressDeadlineSeconds)));
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

function slack(step: PlanStep, progressDeadlineSeconds: number): number {
  switch (step.kind) {
    case 'pause':
      return 0;
    case 'awaitReady':
      return step.timeoutSeconds;
    case 'verify':
      // Backends are asked at once, each one request after the other.
      return step.verification.count * step.verification.timeoutSeconds;
    case 'applyLeaves':
    case 'setWeight':
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
