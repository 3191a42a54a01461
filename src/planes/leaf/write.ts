import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { fieldConflicts } from '../../lib/kubernetes/conflict.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { Ingress } from '../../lib/kubernetes/objects.ts';
import { applyObject, deleteObject, getObject } from '../../lib/kubernetes/requests.ts';
import { watchObject } from '../../lib/kubernetes/watch.ts';
import type { Owner } from '../../plan/global-ingress.ts';
import type { LeafRef } from '../../plan/types.ts';
import { LeafError } from './errors.ts';
import type { LeafIntent } from './leaf.ts';
import { describeLeaf, foreignness, ingressManifest, isRemovable, objectRef } from './manifest.ts';

const FIELD_MANAGER = 'sluice';
/** How long one attempt waits for an object to be gone after its removal was accepted. */
const REMOVAL_MS = 10_000;

export type ApplyOutcome = 'created' | 'changed' | 'unchanged';
export type RemoveOutcome = 'removed' | 'absent' | 'notOurs';

/** Writes a leaf by server-side apply, unless an object of that name is somebody else's. Throws LeafError. */
export function applyLeaf(cluster: Cluster, intent: LeafIntent, signal: AbortSignal): Promise<ApplyOutcome> {
  const { ref, owner } = intent;
  return asLeafError(ref, async () => {
    const found = await getObject(cluster, objectRef(ref), { signal });
    const problem = found && foreignness(found, owner);
    if (problem) {
      const message = `${describeLeaf(ref)} exists already and is left alone: ${problem}; remove it, or give the FederatedIngress another name`;
      throw new LeafError({ cluster: cluster.name, reason: 'NotOurs', message, retryable: false });
    }
    if (found?.metadata.deletionTimestamp !== undefined) throw stillThere(ref, found);
    const manifest = ingressManifest(intent);
    // With its uid, the apply holds for this object only and not for another one that has taken its name since. Nothing
    // of the kind exists for "there is none": an object made in that moment is kept by force=false, since rules conflict.
    const pinned = found ? { ...manifest, metadata: { ...manifest.metadata, uid: found.metadata.uid } } : manifest;
    const options = { manifest: pinned, fieldManager: FIELD_MANAGER, signal };
    const applied = await applyObject(cluster, objectRef(ref), options);
    if (!found) return 'created';
    return applied.metadata.resourceVersion === found.metadata.resourceVersion ? 'unchanged' : 'changed';
  });
}

/** Removes a leaf that is this owner's, and waits until it is gone. Anything else of that name is left alone. */
export function removeLeaf(
  cluster: Cluster,
  { ref, owner }: { readonly ref: LeafRef; readonly owner: Owner },
  signal: AbortSignal,
): Promise<RemoveOutcome> {
  return asLeafError(ref, async () => {
    const found = await getObject(cluster, objectRef(ref), { signal });
    if (!found) return 'absent';
    if (!isRemovable(found, owner)) return 'notOurs';
    const { uid } = found.metadata;
    await deleteObject(cluster, objectRef(ref), { uid, signal });
    await untilGone(cluster, { ref, found }, signal);
    return 'removed';
  });
}

async function untilGone(
  cluster: Cluster,
  { ref, found }: { readonly ref: LeafRef; readonly found: Ingress },
  signal: AbortSignal,
): Promise<void> {
  const ended = new AbortController();
  const timeout = AbortSignal.timeout(REMOVAL_MS);
  let seen: Ingress | undefined = found;
  let failure: KubernetesError | undefined;
  await watchObject(
    cluster,
    objectRef(ref),
    (report) => {
      failure = report.kind === 'unreachable' ? report.error : undefined;
      if (report.kind !== 'unreachable') seen = report.kind === 'object' ? report.object : undefined;
      if (failure || seen?.metadata.uid !== found.metadata.uid) ended.abort();
    },
    { signal: AbortSignal.any([signal, timeout, ended.signal]) },
  );
  signal.throwIfAborted();
  if (failure) throw failure;
  if (seen?.metadata.uid === found.metadata.uid) throw stillThere(ref, seen);
}

function stillThere(ref: LeafRef, { metadata }: Ingress): LeafError {
  const holders = metadata.finalizers?.join(', ');
  const why = holders ? `its finalizers are still to be done: ${holders}` : 'the API server has not removed it yet';
  const message = `${describeLeaf(ref)} is being deleted: ${why}`;
  return new LeafError({ cluster: ref.cluster, reason: 'BeingDeleted', message, retryable: true });
}

async function asLeafError<T>(ref: LeafRef, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof KubernetesError ? leafError(ref, error) : error;
  }
}

function leafError(ref: LeafRef, error: KubernetesError): LeafError {
  const { cluster, reason, retryable } = error.failure;
  const conflicts = fieldConflicts(error);
  if (conflicts.length === 0)
    return new LeafError({ cluster, reason, message: error.message, retryable }, { cause: error });
  const held = conflicts.map(({ manager, fields }) => `"${manager}" manages ${fields.join(', ')}`).join(' and ');
  const message = `${describeLeaf(ref)} was changed by somebody else: ${held}; Sluice does not take fields over, so remove that change or delete the object`;
  return new LeafError({ cluster, reason: 'FieldConflict', message, retryable: false }, { cause: error });
}
