import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { deleteObject, getObject } from '../../lib/kubernetes/requests.ts';
import type { Owner } from '../../plan/global-ingress.ts';
import type { LeafRef } from '../../plan/types.ts';
import { asLeafError, stillThere } from './failures.ts';
import { objectRef } from './object-ref.ts';
import { ownershipProblem } from './ownership.ts';
import { untilAborted } from './registered.ts';
import { watchOurs } from './watched.ts';

/** How long one attempt waits for an object to be gone after its removal was accepted. */
const REMOVAL_MS = 10_000;

export type RemoveOutcome = 'removed' | 'absent' | 'notOurs';

/** Removes a leaf that is this owner's, and waits until it is gone. Anything else of that name is left alone. */
export function removeLeaf(
  cluster: RegisteredCluster,
  { ref, owner }: { readonly ref: LeafRef; readonly owner: Owner },
  signal: AbortSignal,
): Promise<RemoveOutcome> {
  return asLeafError(ref, async () => {
    const found = await getObject(cluster, objectRef(ref), { signal });
    if (!found) return 'absent';
    if (ownershipProblem(found, owner)) return 'notOurs';
    const { uid } = found.metadata;
    await deleteObject(cluster, objectRef(ref), { uid, signal });
    await untilGone(cluster, { ref, found }, signal);
    return 'removed';
  });
}

async function untilGone(
  cluster: RegisteredCluster,
  { ref, found }: { readonly ref: LeafRef; readonly found: AnyObject },
  signal: AbortSignal,
): Promise<void> {
  let seen = await getObject(cluster, objectRef(ref), { signal });
  if (seen?.metadata.uid !== found.metadata.uid) return; // as a rule: nothing holds it
  const ended = new AbortController();
  const until = AbortSignal.any([signal, AbortSignal.timeout(REMOVAL_MS), ended.signal]);
  let failure: KubernetesError | undefined;
  const stop = watchOurs(cluster, objectRef(ref), (report) => {
    failure = report.kind === 'unreachable' ? report.error : undefined;
    if (report.kind !== 'unreachable') seen = report.kind === 'object' ? report.object : undefined;
    if (failure || seen?.metadata.uid !== found.metadata.uid) ended.abort();
  });
  await untilAborted(until);
  stop();
  signal.throwIfAborted();
  if (failure) throw failure;
  if (seen?.metadata.uid === found.metadata.uid) throw stillThere(ref, seen);
}
