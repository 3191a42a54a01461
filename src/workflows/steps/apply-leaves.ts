import { backendId } from '../../plan/backend-id.ts';
import { leafRefOf, leavesWithout, sameLeaf } from '../../plan/leaves.ts';
import type { LeafRef } from '../../plan/types.ts';
import type { LeafIntent } from '../../planes/leaf/leaf.ts';
import { activities, WRITING } from '../activities.ts';
import type { Entity } from '../entity.ts';
import { StepFailed } from '../failure.ts';
import type { StepContext, StepOf } from './step.ts';

/** Writes the leaves of the desired backends, then follows the readiness of everything that matters from now on. */
export async function applyLeaves(step: StepOf<'applyLeaves'>, { run }: StepContext): Promise<void> {
  const { entity } = run;
  const leaves = step.leaves.map((ref) => leafIntent(entity, ref));
  enterLeaves(entity, step.leaves);
  forgetReadiness(entity, leaves);
  const summary = `Write ${step.leaves.map((leaf) => `${leaf.kind} in ${leaf.cluster}`).join(', ')}`.slice(0, 190);
  const scheduleToCloseTimeout = entity.spec.deadlines.progressDeadlineSeconds * 1000;
  await run.work((watch) =>
    activities.applyLeaves.executeWithOptions({ ...WRITING, scheduleToCloseTimeout, summary }, [{ watch, leaves }]),
  );
  run.followReadiness();
}

/** Before the write: a leaf that might exist is never forgotten. */
function enterLeaves(entity: Entity, leaves: readonly LeafRef[]): void {
  entity.leaves = [...entity.leaves, ...leavesWithout(leaves, entity.leaves)];
}

/** What was observed before the write proves nothing about what comes after it. */
function forgetReadiness(entity: Entity, leaves: readonly LeafIntent[]): void {
  const kept = { ...entity.readiness };
  for (const leaf of leaves) delete kept[backendId(leaf.backend)];
  entity.readiness = kept;
}

function leafIntent(entity: Entity, ref: LeafRef): LeafIntent {
  const { spec } = entity;
  const backend = spec.backends.find((one) => sameLeaf(leafRefOf(entity.name, spec.leaf.kind, one), ref));
  if (!backend) throw new StepFailed('Internal', `the plan writes a leaf in ${ref.cluster} that no backend needs`);
  return {
    ref,
    owner: { namespace: entity.namespace, name: entity.name },
    host: spec.host,
    backend,
    ...(spec.leaf.className === undefined ? {} : { className: spec.leaf.className }),
    ...(spec.tls === undefined ? {} : { tls: spec.tls }),
  };
}
