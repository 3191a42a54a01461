import type { AnyObject, ObjectRef } from '../../lib/kubernetes/objects.ts';
import type { LeafRef } from '../../plan/types.ts';
import { kindOf } from './kinds/all.ts';

/** Where the API server of its cluster keeps a leaf. */
export function objectRef({ kind, namespace, name }: LeafRef): ObjectRef<AnyObject> {
  return { resource: kindOf(kind).resource, namespace, name };
}
