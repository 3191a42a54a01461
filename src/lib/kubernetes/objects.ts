import type { V1Ingress, V1ObjectMeta } from '@kubernetes/client-node';

/** A type of client-node as it is on the wire: times are RFC 3339 strings there. */
type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Wire<T[Key]> }
      : T;

type ObjectMeta = Wire<V1ObjectMeta>;

/** An object that an API server has stored: these fields are always there. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

/** A type of object and where the API server keeps it. */
export interface Resource<T extends KubernetesObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  is(object: KubernetesObject): object is T;
}

/** One object by what identifies it. */
export interface ObjectRef<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly namespace: string;
  readonly name: string;
}

/** What a client writes: the fields that it wants to own. */
export interface IngressManifest extends Pick<Wire<V1Ingress>, 'spec'> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

export interface Ingress extends KubernetesObject, Pick<Wire<V1Ingress>, 'spec' | 'status'> {}

export const INGRESS: Resource<Ingress> = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  plural: 'ingresses',
  is: (object): object is Ingress => object.kind === 'Ingress',
};

/** `Ingress default/shop` */
export function describeRef({ resource, namespace, name }: ObjectRef<KubernetesObject>): string {
  return `${resource.kind} ${namespace}/${name}`;
}

/** REST path of all objects of a resource in a namespace. Kubernetes API concepts: resource URIs. */
export function collectionPath({ apiVersion, plural }: Resource<KubernetesObject>, namespace: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

export function objectPath({ resource, namespace, name }: ObjectRef<KubernetesObject>): string {
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
