import { type FieldConflict, fieldConflicts } from '../../lib/kubernetes/conflict.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { KubernetesObject } from '../../lib/kubernetes/objects.ts';
import type { LeafRef } from '../../plan/types.ts';
import { LeafError } from './errors.ts';
import { describeLeaf } from './manifest.ts';

/** Does something to a leaf, and tells what a cluster has against it as a LeafError. */
export async function asLeafError<T>(ref: LeafRef, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof KubernetesError ? leafError(ref, error) : error;
  }
}

export function stillThere(ref: LeafRef, { metadata }: KubernetesObject): LeafError {
  const holders = metadata.finalizers?.join(', ');
  const why = holders ? `its finalizers are still to be done: ${holders}` : 'the API server has not removed it yet';
  const message = `${describeLeaf(ref)} is being deleted: ${why}`;
  return new LeafError({ cluster: ref.cluster, reason: 'BeingDeleted', message, retryable: true });
}

/** `"kubectl-edit" manages .spec.rules` */
export function describeConflicts(conflicts: readonly FieldConflict[]): string {
  return conflicts.map(({ manager, fields }) => `"${manager}" manages ${fields.join(', ')}`).join(' and ');
}

function leafError(ref: LeafRef, error: KubernetesError): LeafError {
  const { cluster, reason, retryable } = error.failure;
  const conflicts = fieldConflicts(error);
  if (conflicts.length === 0)
    return new LeafError({ cluster, reason, message: error.message, retryable }, { cause: error });
  const message = `${describeLeaf(ref)} was changed by somebody else: ${describeConflicts(conflicts)}; remove that change or delete the object, or let Sluice have its fields with drift: takeBack`;
  return new LeafError({ cluster, reason: 'FieldConflict', message, retryable: false }, { cause: error });
}
