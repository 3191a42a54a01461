import { listAt, numberAt, textAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject } from '../lib/kubernetes/objects.ts';
import { type Answer, type Memory, STEERING_VERBS } from './memory.ts';
import { readAnnotation, type SteeringAction } from './steering-annotation.ts';

/** Holds an object that is being deleted until nothing is left of what was made for it. */
export const FINALIZER = 'sluice.dev/drain';

const FORCE_DELETE = 'sluice.dev/force-delete';

/** The one thing to do next for a FederatedIngress object. */
export type Action =
  | { readonly kind: 'addFinalizer' }
  /** Hand the spec over to its workflow. */
  | { readonly kind: 'apply'; readonly generation: number }
  /** See whether there is a workflow for what was accepted earlier, and what its status is. */
  | { readonly kind: 'look' }
  | SteeringAction
  | { readonly kind: 'requestDeletion'; readonly force?: string }
  | { readonly kind: 'awaitDeletion' }
  | { readonly kind: 'removeFinalizer' };

/** What is next, by what the object says and what was done before; undefined when nothing is. */
export function decide(object: AnyObject, memory: Memory): Action | undefined {
  const held = listAt(object, 'metadata', 'finalizers').includes(FINALIZER);
  if (textAt(object, 'metadata', 'deletionTimestamp') !== undefined) {
    return held ? decideDeletion(object, memory) : undefined;
  }
  if (!held) return { kind: 'addFinalizer' };
  const generation = generationOf(object);
  // Not by inequality: a watch may still bring what was before the settled one.
  if ((memory.settledGeneration ?? -1) < generation) return { kind: 'apply', generation };
  if (memory.acceptedGeneration === undefined) return undefined;
  if (!memory.looked) return { kind: 'look' };
  return decideSteering(object, memory.answers);
}

export function generationOf(object: AnyObject): number {
  return numberAt(object, 'metadata', 'generation') ?? 0;
}

/** What of an object can change a decision: of its status, which is written all the time, only that its workflow is done. */
export function decisive(object: AnyObject): string {
  const { uid, generation, annotations, deletionTimestamp, finalizers } = object.metadata;
  const isDone = textAt(object, 'status', 'state') === 'Deleted';
  return JSON.stringify([uid, generation, annotations, deletionTimestamp, finalizers, isDone]);
}

function decideDeletion(object: AnyObject, { deletion }: Memory): Action {
  const force = textAt(object, 'metadata', 'annotations', FORCE_DELETE);
  if (deletion?.kind === 'done') return { kind: 'removeFinalizer' };
  const isNew = deletion === undefined || (force !== undefined && deletion.force !== force);
  if (!isNew) return { kind: 'awaitDeletion' };
  return { kind: 'requestDeletion', ...(force === undefined ? {} : { force }) };
}

function decideSteering(object: AnyObject, answers: readonly Answer[]): Action | undefined {
  for (const verb of STEERING_VERBS) {
    const action = readAnnotation(verb, textAt(object, 'metadata', 'annotations', `sluice.dev/${verb}`) ?? '');
    if (action === undefined) continue;
    if (!answers.some((answer) => answer.verb === verb && answer.nonce === action.nonce)) return action;
  }
  return undefined;
}
