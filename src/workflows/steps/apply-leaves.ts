import { patched } from '@temporalio/workflow';
import { backendId } from '../../plan/backend-id.ts';
import { leafPolicyOf } from '../../plan/leaf-text.ts';
import type { BackendId } from '../../plan/types.ts';
import type { LeafIntent } from '../../planes/leaf/leaf.ts';
import type { Entity } from '../entity.ts';
import { StepFailed } from '../failure.ts';
import { rememberStep } from '../history.ts';
import { leafIntents } from '../leaf-intents.ts';
import { writeLeaves } from '../leaf-writes.ts';
import type { StepContext, StepOf } from './step.ts';

/** Writes the leaves of the step, then follows everything that matters from now on. */
export async function applyLeaves(step: StepOf<'applyLeaves'>, { run, rollout }: StepContext): Promise<void> {
  const { entity } = run;
  const intents = leafIntents(entity, step.leaves);
  const needless = intents.find(({ backends }) => backends.length === 0);
  if (needless) {
    throw new StepFailed('Internal', `the plan writes a leaf in ${needless.ref.cluster} that no backend needs`);
  }
  forgetReadiness(entity, intents);
  const summary = `Write ${step.leaves.map((ref) => `${ref.kind} in ${ref.cluster}`).join(', ')}`.slice(0, 190);
  await writeLeaves(run, intents, { summary, deadlineSeconds: entity.spec.deadlines.progressDeadlineSeconds });
  // Who was followed before was heard meanwhile, and what was seen before the write was over proves nothing either.
  if (isSeen(entity, intents) && patched('seen-during-write')) forgetWritten(entity, intents);
  entity.leafPolicy = leafPolicyOf(entity.spec);
  run.follow();
  if (step.leaves.length > 0) rememberStep(entity, rollout, 'LeavesWritten');
}

/** What was observed before the write proves nothing about what comes after it. */
function forgetReadiness(entity: Entity, intents: readonly LeafIntent[]): void {
  forgetWritten(entity, intents);
  const kept = { ...entity.readiness };
  // A Service that is used as it is has no leaf of ours, and its newest spec was not looked at either.
  for (const backend of entity.spec.backends) delete kept[backendId(backend)];
  entity.readiness = kept;
}

function forgetWritten(entity: Entity, intents: readonly LeafIntent[]): void {
  const kept = { ...entity.readiness };
  for (const id of backendsIn(intents)) delete kept[id];
  entity.readiness = kept;
}

function isSeen(entity: Entity, intents: readonly LeafIntent[]): boolean {
  return backendsIn(intents).some((id) => entity.readiness[id] !== undefined);
}

function backendsIn(intents: readonly LeafIntent[]): readonly BackendId[] {
  return intents.flatMap(({ backends }) => backends.map(({ backend }) => backendId(backend)));
}
