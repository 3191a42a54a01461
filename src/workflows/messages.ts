import type { UpdateDefinition } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LeafDrift, Readiness } from '../planes/leaf/leaf.ts';
import type { Environment } from '../spec/admission.ts';
import type { Backend } from '../spec/types.ts';
import type { ApplyResult, Door, PlannedPreview, Source, Status } from './status.ts';

/** Who asks and why; kept in the history. `actor` is set by the door (HTTP API: the token's name). */
export interface Steering {
  readonly actor?: string;
  /** Where it came in; absent: straight from Temporal. */
  readonly door?: Door;
  readonly reason?: string;
  /** For `apply`: the object in the hub that the document comes from. */
  readonly source?: Source;
}

export interface PromoteInput extends Steering {
  /** 1-based, as people see it; refused if the rollout has moved on. */
  readonly step?: number;
  /** Skip everything that is left and go to the end. */
  readonly full?: boolean;
  /** For `delete`: do not wait for clusters that are away, list what is left there. */
  readonly force?: boolean;
  /** For `undo`: a generation of `status.undoable`; absent: the last one that completed before the newest. */
  readonly toGeneration?: number;
  /** For `drain` and `undrain`. */
  readonly cluster?: string;
}

/** The result of a steering Update: one sentence that says what happens now. */
export interface SteeringResult {
  readonly message: string;
}

export const applyUpdate = defineUpdate<ApplyResult, [document: unknown, steering?: Steering]>('apply');
export const promoteUpdate = steeringUpdate('promote');
export const pauseUpdate = steeringUpdate('pause');
export const resumeUpdate = steeringUpdate('resume');
export const abortUpdate = steeringUpdate('abort');
export const retryUpdate = steeringUpdate('retry');
export const deleteUpdate = steeringUpdate('delete');
export const undoUpdate = steeringUpdate('undo');
export const drainUpdate = steeringUpdate('drain');
export const undrainUpdate = steeringUpdate('undrain');
export const statusQuery = defineQuery<Status>('status');
/** `clusters`: what backends are placed in; without them a placement stays as it is. `now`: ms since the epoch. */
export const previewQuery = defineQuery<
  PlannedPreview,
  [document: unknown, clusters?: Environment['clusters'], now?: number]
>('preview');
/** What activities see while they work, so that every wait can say why. */
export interface Observed {
  /** Which run of an activity says this; what an older one says late is ignored. */
  readonly watch: string;
  readonly readiness?: readonly Readiness[];
  /** How leaves differ from what was written. */
  readonly drift?: readonly LeafDrift[];
  readonly placed?: Placed;
  /** What was to be published is: planes are waited for. */
  readonly published?: true;
  /** One sentence; absent when nothing is waited for any more. */
  readonly waitsFor?: string;
  /** The clusters that are waited for, since they do not answer. */
  readonly away?: readonly string[];
}

/** Where the backends of the spec would be placed now. */
export interface Placed {
  /** All of them, also those that name their cluster. */
  readonly backends: readonly Backend[];
  /** Why that cannot be rolled out, in words. */
  readonly obstacle?: string;
}

export const observedSignal = defineSignal<[Observed]>('observed');

function steeringUpdate(name: string): UpdateDefinition<SteeringResult, [input: PromoteInput | undefined]> {
  return defineUpdate(name);
}
