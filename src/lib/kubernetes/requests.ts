import { invalidAnswer, isStatus, parseJson } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { type HttpRequest, jsonRequest } from './connection.ts';
import type { Verb } from './errors.ts';
import { collectionPath, describeRef, type KubernetesObject, type ObjectRef, objectOf, objectPath } from './objects.ts';
import { hasReason, Operation, type RequestOptions } from './operation.ts';

export { type AccessAttributes, askReady, askVersion, reviewAccess } from './inquiries.ts';
export { listObjects } from './list.ts';
export type { RequestOptions } from './operation.ts';

/**
 * Reads one object; undefined when there is none. This and the verbs below throw KubernetesError for everything that
 * goes wrong, and the signal's reason when the caller gives up.
 */
export async function getObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  options: RequestOptions,
): Promise<T | undefined> {
  const operation = new Operation(cluster, 'get', describeRef(ref));
  try {
    const answer = await operation.exchange({ method: 'GET', path: objectPath(ref) }, options);
    return operation.expectObject(ref.resource, answer);
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

interface WriteOptions extends RequestOptions {
  /** Whose the written fields are; `sluice` by the user agent when absent. */
  readonly fieldManager?: string;
}

interface SubresourceOptions extends WriteOptions {
  readonly subresource?: 'status';
}

/** Server-side apply. Unless it is forced, a field that another manager owns with another value is a conflict. */
export async function applyObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  options: SubresourceOptions & { readonly manifest: object; readonly fieldManager: string; readonly force?: boolean },
): Promise<T> {
  const { manifest, fieldManager, force = false, subresource } = options;
  return await write(cluster, ref, {
    ...options,
    verb: 'apply',
    method: 'PATCH',
    path: `${pathOf(ref, subresource)}?${new URLSearchParams({ fieldManager, force: String(force) }).toString()}`,
    // JSON is YAML; API servers before 1.32 know only this type.
    contentType: 'application/apply-patch+yaml',
    body: manifest,
  });
}

export type Created<T> = { readonly kind: 'created'; readonly object: T } | { readonly kind: 'exists' };

/** Makes an object, unless there is one of that name. */
export async function createObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  options: WriteOptions & { readonly manifest: object },
): Promise<Created<T>> {
  objectPath(ref); // says when the namespace is missing
  try {
    const path = `${collectionPath(ref.resource, ref.namespace)}${managerQuery(options)}`;
    const request = { verb: 'create', method: 'POST', path, body: options.manifest } as const;
    return { kind: 'created', object: await write(cluster, ref, { ...options, ...request }) };
  } catch (error) {
    if (hasReason(error, 'AlreadyExists')) return { kind: 'exists' };
    throw error;
  }
}

export type Replaced<T> = { readonly kind: 'replaced'; readonly object: T } | { readonly kind: 'conflict' };

/**
 * Writes the whole object. `conflict`: it is no more what it was at the manifest's `metadata.resourceVersion`, or it is
 * gone.
 */
export async function replaceObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  options: SubresourceOptions & { readonly manifest: object },
): Promise<Replaced<T>> {
  try {
    const path = `${pathOf(ref, options.subresource)}${managerQuery(options)}`;
    const request = { verb: 'replace', method: 'PUT', path, body: options.manifest } as const;
    return { kind: 'replaced', object: await write(cluster, ref, { ...options, ...request }) };
  } catch (error) {
    if (hasReason(error, 'Conflict', 'NotFound')) return { kind: 'conflict' };
    throw error;
  }
}

/** JSON merge patch (RFC 7386): sets the fields that it names, removes those that are null. */
export async function mergeObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  options: SubresourceOptions & { readonly patch: object },
): Promise<T> {
  return await write(cluster, ref, {
    ...options,
    verb: 'merge',
    method: 'PATCH',
    path: `${pathOf(ref, options.subresource)}${managerQuery(options)}`,
    contentType: 'application/merge-patch+json',
    body: options.patch,
  });
}

/** Asks for the removal of the object with this uid and of no later one of its name. `absent` when there is none. */
export async function deleteObject(
  cluster: Cluster,
  ref: ObjectRef<KubernetesObject>,
  { uid, ...options }: RequestOptions & { readonly uid: string },
): Promise<'accepted' | 'absent'> {
  const operation = new Operation(cluster, 'delete', describeRef(ref));
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
  try {
    const answer = await operation.exchange(jsonRequest('DELETE', objectPath(ref), body), options);
    // A Status when it is gone, the object itself while finalizers hold it.
    const value = parseJson(answer.body);
    if (isStatus(value) || objectOf(ref.resource, value)) return 'accepted';
    throw operation.error(invalidAnswer(answer.message, 'a Status or the object'));
  } catch (error) {
    if (hasReason(error, 'NotFound')) return 'absent';
    throw error;
  }
}

interface Write extends RequestOptions {
  readonly verb: Verb;
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly contentType?: string;
  readonly body: object;
}

async function write<T extends KubernetesObject>(cluster: Cluster, ref: ObjectRef<T>, request: Write): Promise<T> {
  const { verb, method, path, contentType = 'application/json', body } = request;
  const operation = new Operation(cluster, verb, describeRef(ref));
  const headers = { 'content-type': contentType };
  const answer = await operation.exchange({ method, path, headers, body: JSON.stringify(body) }, request);
  return operation.expectObject(ref.resource, answer);
}

function pathOf(ref: ObjectRef<KubernetesObject>, subresource: 'status' | undefined): string {
  return subresource === undefined ? objectPath(ref) : `${objectPath(ref)}/${subresource}`;
}

function managerQuery({ fieldManager }: WriteOptions): string {
  return fieldManager === undefined ? '' : `?fieldManager=${encodeURIComponent(fieldManager)}`;
}
