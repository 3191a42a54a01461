import { z } from 'zod';
import { at } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject, KubernetesObject, Manifest, ObjectRef } from '../../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS } from '../../../lib/kubernetes/resources.ts';
import { emptyGlobalIngress, type GlobalIngress, type Owner } from '../../../plan/global-ingress.ts';
import type { Document } from '../document.ts';
import { globalIngressSchema } from '../schema.ts';

/** On every object that Sluice makes. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'sluice';
const OWNER = 'sluice.dev/owner';
const OWNER_NAMESPACE = 'sluice.dev/owner-namespace';
const OWNER_NAME = 'sluice.dev/owner-name';
/** On what stays of a hostname that was given up, so that people can list those, and leave them out. */
const RELEASED = 'sluice.dev/released';

type Marks = Required<Pick<Manifest['metadata'], 'labels' | 'annotations'>>;

const RELEASED_MARKS: Marks = { labels: { [MANAGED_BY]: MANAGER, [RELEASED]: 'true' }, annotations: {} };

/** What objects that Sluice makes in the hub for an owner carry. */
export function marksOf({ namespace, name }: Owner): Marks {
  return {
    labels: { [MANAGED_BY]: MANAGER, [OWNER_NAMESPACE]: namespace, [OWNER_NAME]: name },
    annotations: { [OWNER]: `${namespace}/${name}` },
  };
}

/** Whether Sluice made an object: whatever lacks the label or the owner is never written or removed. */
export function isOurs({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[MANAGED_BY] === MANAGER && metadata.annotations?.[OWNER] !== undefined;
}

/** What an object of the hub says of its hostname. */
export type Reading =
  | { readonly kind: 'document'; readonly document: Document }
  /** `reason` is a sentence that names the object. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Without an owner a spec is what stays of a hostname that was given up. */
const releasedSchema = z.object({ host: z.string(), revision: z.int().min(1) });

export function globalIngressRef(host: string): ObjectRef<AnyObject> {
  return { resource: GLOBAL_INGRESS, name: host };
}

/** Reads a GlobalIngress of the hub. One that is not ours or not valid is unreadable, which is not the same as "nobody". */
export function readObject(object: AnyObject): Reading {
  const { name } = object.metadata;
  const unreadable = (why: string): Reading => ({ kind: 'unreadable', reason: `GlobalIngress ${name} ${why}` });
  if (!isOurs(object))
    return unreadable(`lacks label ${MANAGED_BY}=${MANAGER} or annotation ${OWNER}: Sluice did not make it; remove it`);
  const parsed = readSpec(object);
  if (!parsed.success) return unreadable(`is not valid: ${parsed.error.issues.map(describeIssue).join('; ')}`);
  const document = parsed.data;
  const host = document.kind === 'claimed' ? document.state.host : document.host;
  if (host !== name) return unreadable(`speaks of another hostname: spec.host is ${JSON.stringify(host)}`);
  return { kind: 'document', document };
}

/** The whole object for a document, in the place of `before` if there is one. */
export function manifestOf(document: Document, before: AnyObject | undefined): Manifest {
  const host = document.kind === 'claimed' ? document.state.host : document.host;
  // Labels, annotations and finalizers of others stay, and the last owner's name on a hostname that was given up.
  const { managedFields: _managedFields, labels = {}, annotations, ...kept } = before?.metadata ?? {};
  const { [RELEASED]: _released, ...others } = labels;
  const marks = document.kind === 'claimed' ? marksOf(document.state.owner) : RELEASED_MARKS;
  return {
    apiVersion: GLOBAL_INGRESS.apiVersion,
    kind: GLOBAL_INGRESS.kind,
    metadata: {
      ...kept,
      name: host,
      labels: { ...others, ...marks.labels },
      annotations: { ...annotations, ...marks.annotations },
    },
    spec: document.kind === 'claimed' ? specOf(document.state) : releasedSpec(document),
  };
}

/** An API server does not keep null: absent is how the hub says that there is no health check. */
function specOf({ health, ...state }: Omit<GlobalIngress, 'owner'>): object {
  return health === null ? state : { ...state, health };
}

/** All that a GlobalIngress has, but for the owner and anything to serve. */
function releasedSpec({ host, revision }: Extract<Document, { kind: 'released' }>): object {
  const nobody = { namespace: '', name: '' };
  const { owner: _owner, ...empty } = emptyGlobalIngress({ host, owner: nobody, revision, ttlSeconds: 0 });
  return specOf(empty);
}

function readSpec(object: AnyObject) {
  const spec = at(object, 'spec');
  if (at(spec, 'owner') === undefined)
    return releasedSchema.transform((released): Document => ({ kind: 'released', ...released })).safeParse(spec);
  return globalIngressSchema.transform((state): Document => ({ kind: 'claimed', state })).safeParse(spec);
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  return `spec${path.map((step) => `.${String(step)}`).join('')}: ${message}`;
}
