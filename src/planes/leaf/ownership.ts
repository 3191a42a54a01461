import type { KubernetesObject } from '../../lib/kubernetes/objects.ts';
import type { Owner } from '../../plan/global-ingress.ts';
import { foreignness, isRemovable } from './manifest.ts';

const LABEL = 'app.kubernetes.io/managed-by';

/** Selects the objects that Sluice has made. */
export const OUR_LABEL = `${LABEL}=sluice`;

export interface OwnershipProblem {
  readonly reason: 'NotOurs' | 'NotLabelled';
  readonly message: string;
}

/** Why an object may not be written or removed in an owner's name; undefined when it may: label and owner both say so. */
export function ownershipProblem(object: KubernetesObject, owner: Owner): OwnershipProblem | undefined {
  const foreign = foreignness(object, owner);
  if (foreign !== undefined) return { reason: 'NotOurs', message: foreign };
  if (isRemovable(object, owner)) return undefined;
  return { reason: 'NotLabelled', message: `its label ${OUR_LABEL} was taken away` };
}
