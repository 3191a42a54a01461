import type { KubernetesError } from './errors.ts';

/** Fields that another field manager owns with other values. */
export interface FieldConflict {
  readonly manager: string;
  /** Paths such as `.spec.rules`. */
  readonly fields: readonly string[];
}

/**
 * Who stands against a server-side apply, sorted by manager; empty when the error is no such conflict.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
 */
export function fieldConflicts({ failure }: KubernetesError): readonly FieldConflict[] {
  const causes = failure.answer?.details?.causes ?? [];
  const fields = new Map<string, string[]>();
  for (const { reason, message = '', field = '' } of causes) {
    // The message is: conflict with "kubectl-edit" using networking.k8s.io/v1
    const manager = /^conflict with "([^"]*)"/.exec(message)?.[1];
    if (reason === 'FieldManagerConflict' && manager !== undefined) {
      fields.set(manager, [...(fields.get(manager) ?? []), field]);
    }
  }
  return [...fields].map(([manager, owned]) => ({ manager, fields: owned.sort() })).sort(byManager);
}

function byManager(left: FieldConflict, right: FieldConflict): number {
  return left.manager < right.manager ? -1 : 1;
}
