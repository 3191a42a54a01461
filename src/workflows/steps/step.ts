import type { PlanStep } from '../../plan/types.ts';
import type { Rollout, StepRecord } from '../records.ts';
import type { EntityRun } from '../run.ts';
import { applyLeaves } from './apply-leaves.ts';
import { awaitReady } from './await-ready.ts';
import { pause } from './pause.ts';
import { removeLeaves } from './remove-leaves.ts';
import { setTtl } from './set-ttl.ts';
import { setWeight } from './set-weight.ts';
import { verify } from './verify.ts';

/** What a step works with. */
export interface StepContext {
  readonly run: EntityRun;
  readonly rollout: Rollout;
  readonly record: StepRecord;
}

/** Carries one step of the plan to its end. Throws StepFailed or a Temporal failure when it cannot. */
export function runStep(step: PlanStep, context: StepContext): Promise<void> {
  switch (step.kind) {
    case 'applyLeaves':
      return applyLeaves(step, context);
    case 'awaitReady':
      return awaitReady(step, context);
    case 'setWeight':
      return setWeight(step, context);
    case 'pause':
      return pause(step, context);
    case 'verify':
      return verify(step, context);
    case 'setTtl':
      return setTtl(step, context);
    case 'removeLeaves':
      return removeLeaves(step, context);
    default:
      return step satisfies never;
  }
}

/** The step of one kind, for the file that carries it out. */
export type StepOf<Kind extends PlanStep['kind']> = Extract<PlanStep, { readonly kind: Kind }>;
