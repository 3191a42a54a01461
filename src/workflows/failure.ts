import { ActivityFailure, ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/workflow';
import type { FailureType } from '../activities/types.ts';
import type { FailedCluster } from './status.ts';

/** Why a step could not be done, in the words of the status. */
export interface StepFailure {
  readonly reason: string;
  readonly message: string;
}

/** Thrown by a step that has come to its own end without success. */
export class StepFailed extends Error {
  override readonly name: string = 'StepFailed';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Thrown by a step that some clusters have failed: others may go on without them. */
export class ClustersFailed extends StepFailed {
  override readonly name: string = 'ClustersFailed';
  readonly clusters: readonly FailedCluster[];

  constructor(clusters: readonly FailedCluster[]) {
    super(clusters[0]?.reason ?? 'Internal', clusters.map(({ message }) => message).join('; '));
    this.clusters = clusters;
  }
}

/** Thrown by a step that can be left and begun again: its history has grown long, and it goes on in the next run. */
export class NextRun extends Error {
  override readonly name = 'NextRun';
}

/** What went wrong in a step, whatever threw it. `waitedFor` is what the activity said last before its time ran out. */
export function stepFailure(error: unknown, waitedFor: string | undefined): StepFailure {
  if (error instanceof StepFailed) return { reason: error.reason, message: error.message };
  if (!(error instanceof ActivityFailure)) return { reason: 'Internal', message: String(error) };
  if (error.cause instanceof TimeoutFailure) {
    return {
      reason: 'ProgressDeadlineExceeded',
      message: waitedFor ?? `${error.activityType} did not come to an end in time`,
    };
  }
  if (error.cause instanceof ApplicationFailure) {
    return { reason: error.cause.type ?? 'Internal', message: error.cause.message };
  }
  return { reason: 'Internal', message: error.cause?.message ?? error.message };
}

/** A refusal that the caller of an Update, or whoever started the workflow, gets to read. */
export function refusal(type: FailureType, message: string, details: readonly unknown[] = []): ApplicationFailure {
  return ApplicationFailure.create({ type, message, details: [...details], nonRetryable: true });
}

/**
 * Makes sure that an Update fails with words and does not fail the workflow task: a plain Error thrown in a handler
 * blocks the entity for minutes (research/temporal.md 1.2).
 */
export async function answering<T>(handler: () => Promise<T>): Promise<T> {
  try {
    return await handler();
  } catch (error) {
    if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) throw error.cause;
    if (error instanceof TemporalFailure) throw error;
    throw refusal('Internal', error instanceof Error ? error.message : String(error));
  }
}
