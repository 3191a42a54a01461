import type { V1ObjectMeta } from '@kubernetes/client-node';

/** A type of client-node as it is on the wire: times are RFC 3339 strings there. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

export type ObjectMeta = Wire<V1ObjectMeta>;

/** An object that an API server has stored: these fields are always there. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object of whatever kind. What is in it is read by the accessors of `fields.ts`, which take nothing for granted. */
export interface AnyObject extends KubernetesObject {
  readonly [field: string]: unknown;
}

/** What a client writes: the fields that it wants to own or to set. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A type of object and where the API server keeps it. */
export interface Resource<T extends KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  is(object: KubernetesObject): object is T;
}

/** One object by what identifies it; without a namespace for kinds that have none. */
export interface ObjectRef<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly namespace?: string;
  readonly name: string;
}

/** `Ingress default/shop`, `Node one` */
export function describeRef({ resource, namespace, name }: ObjectRef<KubernetesObject>): string {
  return `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** REST path of all objects of a resource, of one namespace if there is one. Kubernetes API concepts: resource URIs. */
export function collectionPath(resource: Resource<KubernetesObject>, namespace: string | undefined): string {
  const { apiVersion, kind, plural, scope } = resource;
  if (scope === 'Cluster' && namespace !== undefined) throw new Error(`${kind} has no namespace, found "${namespace}"`);
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath({ resource, namespace, name }: ObjectRef<KubernetesObject>): string {
  if (resource.scope === 'Namespaced' && namespace === undefined)
    throw new Error(`${resource.kind} ${name} needs a namespace`);
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

/** Checks that a value from the wire is an object of the resource; undefined when it is not. */
export function objectOf<T extends KubernetesObject>(resource: Resource<T>, value: unknown): T | undefined {
  return isStored(value) && value.apiVersion === resource.apiVersion && resource.is(value) ? value : undefined;
}

function isStored(value: unknown): value is KubernetesObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) return false;
  const { name, uid, resourceVersion } = value['metadata'];
  return [value['apiVersion'], value['kind'], name, uid, resourceVersion].every((field) => typeof field === 'string');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
