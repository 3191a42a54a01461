import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Readiness } from '../planes/leaf/leaf.ts';
import type { ApplyResult, Preview, Status } from './status.ts';

/** Who asks and why; kept in the history. `actor` is set by the door (HTTP API: the token's name). */
export interface Steering {
  readonly actor?: string;
  readonly reason?: string;
}

export interface PromoteInput extends Steering {
  /** 1-based, as people see it; refused if the rollout has moved on. */
  readonly step?: number;
  /** Skip everything that is left and go to the end. */
  readonly full?: boolean;
}

/** The result of a steering Update: one sentence that says what happens now. */
export interface SteeringResult {
  readonly message: string;
}

export const applyUpdate = defineUpdate<ApplyResult, [document: unknown, steering?: Steering]>('apply');
export const promoteUpdate = defineUpdate<SteeringResult, [input?: PromoteInput]>('promote');
export const pauseUpdate = defineUpdate<SteeringResult, [input?: Steering]>('pause');
export const resumeUpdate = defineUpdate<SteeringResult, [input?: Steering]>('resume');
export const abortUpdate = defineUpdate<SteeringResult, [input?: Steering]>('abort');
export const retryUpdate = defineUpdate<SteeringResult, [input?: Steering]>('retry');
export const deleteUpdate = defineUpdate<SteeringResult, [input?: Steering]>('delete');
export const statusQuery = defineQuery<Status>('status');
export const previewQuery = defineQuery<Preview, [document: unknown]>('preview');
/** Sent by activities when the readiness of a backend changes, so that every wait can say why. */
export const readinessSignal = defineSignal<[readonly Readiness[]]>('readiness');
