import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import { type FieldConflict, fieldConflicts } from '../../lib/kubernetes/conflict.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject, Manifest } from '../../lib/kubernetes/objects.ts';
import { applyObject, getObject } from '../../lib/kubernetes/requests.ts';
import { SECRET, SERVICE } from '../../lib/kubernetes/resources.ts';
import type { Logger } from '../../lib/log.ts';
import { adoptFields } from './adopt.ts';
import { LeafError } from './errors.ts';
import { asLeafError, describeConflicts, stillThere } from './failures.ts';
import { kindOf } from './kinds/all.ts';
import type { LeafIntent } from './leaf.ts';
import { FIELD_MANAGER } from './managed-fields.ts';
import { describeLeaf } from './manifest.ts';
import { objectRef } from './object-ref.ts';
import { ownershipProblem } from './ownership.ts';

export type ApplyOutcome = 'created' | 'changed' | 'unchanged';

export interface WriteOptions {
  readonly cluster: Cluster;
  /** Where certificates come from. */
  readonly hub?: Cluster | undefined;
  readonly intent: LeafIntent;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export interface Applied {
  readonly outcome: ApplyOutcome;
  readonly object: AnyObject;
}

/** Writes a leaf by server-side apply, unless an object of that name is somebody else's. Throws LeafError. */
export function applyLeaf(options: WriteOptions): Promise<Applied> {
  const { cluster, intent, signal } = options;
  const { ref } = intent;
  return asLeafError(ref, async () => {
    const secret = await sourceOf(options);
    const found = await getObject(cluster, objectRef(ref), { signal });
    if (found) refuseForeign(intent, found);
    const manifest = await manifestFor(options, secret);
    // With its uid, the apply holds for this object only and not for another one that has taken its name since. Nothing
    // of the kind exists for "there is none": an object made in that moment is kept by force=false, since rules conflict.
    const pinned = found ? { ...manifest, metadata: { ...manifest.metadata, uid: found.metadata.uid } } : manifest;
    const object = found ? await rewrite(options, { manifest: pinned, found }) : await write(options, pinned);
    if (!found) return { outcome: 'created', object };
    const isSame = object.metadata.resourceVersion === found.metadata.resourceVersion;
    return { outcome: isSame ? 'unchanged' : 'changed', object };
  });
}

function refuseForeign({ ref, owner }: LeafIntent, found: AnyObject): void {
  const problem = ownershipProblem(found, owner);
  if (!problem) {
    if (found.metadata.deletionTimestamp !== undefined) throw stillThere(ref, found);
    return;
  }
  const { cluster } = ref;
  const advice =
    problem.reason === 'NotOurs'
      ? 'remove it, or give the FederatedIngress another name'
      : 'give it back, or remove the object';
  const message = `${describeLeaf(ref)} exists already and is left alone: ${problem.message}; ${advice}`;
  throw new LeafError({ cluster, reason: problem.reason, message, retryable: false });
}

async function manifestFor({ cluster, intent, signal }: WriteOptions, secret?: AnyObject): Promise<Manifest> {
  const { ref } = intent;
  const kind = kindOf(ref.kind);
  const services = new Map<string, AnyObject>();
  for (const name of kind.services(intent)) {
    const service = await getObject(cluster, { resource: SERVICE, namespace: ref.namespace, name }, { signal });
    if (service) services.set(name, service);
  }
  const wanted = kind.manifest(intent, cluster, { services, ...(secret && { secret }) });
  if (wanted.kind === 'manifest') return wanted.manifest;
  const { message, retryable } = wanted;
  const reason = ref.kind === 'Secret' ? 'CertificateMissing' : wanted.reason;
  throw new LeafError({ cluster: ref.cluster, reason, message, retryable });
}

/** The hub's Secret with the certificate of the hostname; it may still be in the making. */
async function sourceOf({ hub, intent, signal }: WriteOptions): Promise<AnyObject | undefined> {
  const { ref, owner, tls } = intent;
  if (!hub || !tls || ref.kind !== 'Secret') return undefined;
  return await getObject(hub, { resource: SECRET, namespace: owner.namespace, name: tls.secretName }, { signal });
}

/** Never forced: whatever is there already, Sluice has not written it. */
async function write({ cluster, intent, signal }: WriteOptions, manifest: Manifest): Promise<AnyObject> {
  return await applyObject(cluster, objectRef(intent.ref), { manifest, fieldManager: FIELD_MANAGER, signal });
}

/** Writes an object that is ours already; the drift policy says what becomes of fields that others have changed. */
async function rewrite(
  options: WriteOptions,
  { manifest, found }: { readonly manifest: Manifest; readonly found: AnyObject },
): Promise<AnyObject> {
  const { cluster, intent, log, signal } = options;
  const { ref, drift } = intent;
  try {
    return await write(options, manifest);
  } catch (error) {
    const conflicts = error instanceof KubernetesError ? fieldConflicts(error) : [];
    if (conflicts.length === 0 || drift === 'hold') throw error;
    const fields = { cluster: ref.cluster, kind: ref.kind, namespace: ref.namespace, name: ref.name };
    const lost = describeConflicts(conflicts);
    if (drift === 'takeBack') {
      log.warn({ ...fields, lost }, 'fields of a leaf taken back');
      return await applyObject(cluster, objectRef(ref), { manifest, fieldManager: FIELD_MANAGER, force: true, signal });
    }
    const adopted = carriesShares(intent, conflicts) ? undefined : adoptFields(manifest, found, conflicts);
    if (!adopted) throw error;
    log.info({ ...fields, kept: lost }, 'fields of a leaf left to who changed them');
    return await write(options, adopted);
  }
}

/** With several backends behind one object its rules say who gets how much; to leave those to somebody else would be to give the rollout away. */
function carriesShares({ backends }: LeafIntent, conflicts: readonly FieldConflict[]): boolean {
  return backends.length > 1 && conflicts.some(({ fields }) => fields.some((field) => field.startsWith('.spec.')));
}
