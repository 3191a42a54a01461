import type { IncomingMessage } from 'node:http';
import { failureOf, invalidAnswer, isStatus, isSuccess, parseJson, readBody } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { HttpRequest } from './connection.ts';
import { KubeconfigError, KubernetesError, type KubernetesFailure, networkFailure, type Verb } from './errors.ts';
import {
  collectionPath,
  describeRef,
  isRecord,
  type KubernetesObject,
  type ObjectRef,
  objectOf,
  objectPath,
  type Resource,
} from './objects.ts';

export interface RequestOptions {
  readonly signal: AbortSignal;
  /** Longest time until the whole answer is there. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;

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
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Server-side apply, never forced: a field that another manager owns with another value is a conflict. */
export async function applyObject<T extends KubernetesObject>(
  cluster: Cluster,
  ref: ObjectRef<T>,
  { manifest, fieldManager, ...options }: RequestOptions & { readonly manifest: object; readonly fieldManager: string },
): Promise<T> {
  const operation = new Operation(cluster, 'apply', describeRef(ref));
  const answer = await operation.exchange(
    {
      method: 'PATCH',
      path: `${objectPath(ref)}?fieldManager=${encodeURIComponent(fieldManager)}&force=false`,
      // JSON is YAML; API servers before 1.32 know only this type.
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(manifest),
    },
    options,
  );
  return operation.expectObject(ref.resource, answer);
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
    const answer = await operation.exchange(
      {
        method: 'DELETE',
        path: objectPath(ref),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      options,
    );
    // A Status when it is gone, the object itself while finalizers hold it.
    const value = parseJson(answer.body);
    if (isStatus(value) || objectOf(ref.resource, value)) return 'accepted';
    throw operation.error(invalidAnswer(answer.message, 'a Status or the object'));
  } catch (error) {
    if (isNotFound(error)) return 'absent';
    throw error;
  }
}

/** Objects of one resource in one namespace. */
export interface Selection<T extends KubernetesObject> {
  readonly resource: Resource<T>;
  readonly namespace: string;
  /** Such as `metadata.name=shop`. */
  readonly fieldSelector?: string;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export async function listObjects<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  options: RequestOptions,
): Promise<ObjectList<T>> {
  const { resource } = selection;
  const operation = new Operation(cluster, 'list', describeSelection(selection));
  const answer = await operation.exchange({ method: 'GET', path: selectionPath(selection, {}) }, options);
  const list = listOf(resource, parseJson(answer.body));
  if (!list) throw operation.error(invalidAnswer(answer.message, `an ${resource.kind}List`));
  return list;
}

/** Asks the API server whether it can work; throws when it does not say so. */
export async function askReady(cluster: Cluster, options: RequestOptions): Promise<void> {
  const operation = new Operation(cluster, 'get', '/readyz');
  const { message, body } = await operation.exchange({ method: 'GET', path: '/readyz' }, options);
  if (body.trim() !== 'ok') throw operation.error(invalidAnswer(message, '"ok"'));
}

export function selectionPath(
  { resource, namespace, fieldSelector }: Selection<KubernetesObject>,
  query: Readonly<Record<string, string>>,
): string {
  const search = new URLSearchParams({ ...query, ...(fieldSelector !== undefined && { fieldSelector }) }).toString();
  return `${collectionPath(resource, namespace)}${search && `?${search}`}`;
}

export function describeSelection({ resource, namespace, fieldSelector }: Selection<KubernetesObject>): string {
  return `${resource.plural} in ${namespace}${fieldSelector === undefined ? '' : ` with ${fieldSelector}`}`;
}

interface Answer {
  readonly message: IncomingMessage;
  readonly body: string;
}

/** One request to a cluster, so that each thing that may go wrong with it is told in the same words. */
export class Operation {
  readonly #cluster: Cluster;
  readonly #verb: Verb;
  readonly #object: string;

  constructor(cluster: Cluster, verb: Verb, object: string) {
    this.#cluster = cluster;
    this.#verb = verb;
    this.#object = object;
  }

  /** The whole answer, which is a success. */
  async exchange(request: HttpRequest, { signal, deadlineMs = DEADLINE_MS }: RequestOptions): Promise<Answer> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      const message = await this.open(request, either);
      return { message, body: await readBody(message) };
    } catch (error) {
      signal.throwIfAborted();
      throw deadline.aborted ? this.tooLate(deadlineMs) : this.explain(error);
    }
  }

  /** The head of an answer that is a success; the body is still to be read. Refused credentials are renewed once. */
  async open(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    let message = await this.#cluster.send(request, signal);
    if (message.statusCode === 401) {
      await readBody(message);
      this.#cluster.renew();
      message = await this.#cluster.send(request, signal);
    }
    if (isSuccess(message)) return message;
    throw this.error(failureOf(message, await readBody(message)));
  }

  expectObject<T extends KubernetesObject>(resource: Resource<T>, { message, body }: Answer): T {
    const object = objectOf(resource, parseJson(body));
    if (object) return object;
    throw this.error(invalidAnswer(message, `an ${resource.kind} of ${resource.apiVersion}`));
  }

  /** A KubernetesError for whatever was thrown. */
  explain(error: unknown): KubernetesError {
    if (error instanceof KubernetesError) return error;
    if (error instanceof KubeconfigError) {
      return this.error({ reason: 'KubeconfigRefused', detail: error.message, retryable: true }, error);
    }
    return this.error({ ...networkFailure(error), retryable: true }, error);
  }

  tooLate(deadlineMs: number): KubernetesError {
    const detail = `no answer within ${deadlineMs / 1000} s`;
    return this.error({ reason: 'DeadlineExceeded', detail, retryable: true });
  }

  error(failure: Omit<KubernetesFailure, 'cluster' | 'verb' | 'object'>, cause?: unknown): KubernetesError {
    const subject = { cluster: this.#cluster.name, verb: this.#verb, object: this.#object };
    return new KubernetesError({ ...subject, ...failure }, cause === undefined ? undefined : { cause });
  }
}

/** Only the API server's own word counts: a 404 from something in front of it says nothing about the object. */
function isNotFound(error: unknown): boolean {
  return error instanceof KubernetesError && error.failure.answer?.reason === 'NotFound';
}

/** Items of a list come without apiVersion and kind. A part of a list, or an item that is not whole, is no answer. */
function listOf<T extends KubernetesObject>(resource: Resource<T>, value: unknown): ObjectList<T> | undefined {
  if (!isRecord(value) || value['kind'] !== `${resource.kind}List` || !isRecord(value['metadata'])) return undefined;
  const { resourceVersion, continue: more } = value['metadata'];
  if (typeof resourceVersion !== 'string' || more || !Array.isArray(value['items'])) return undefined;
  const { apiVersion, kind } = resource;
  const items = value['items'].map((item) => objectOf(resource, isRecord(item) ? { ...item, apiVersion, kind } : item));
  const whole = items.filter((item) => item !== undefined);
  return whole.length === items.length ? { items: whole, resourceVersion } : undefined;
}
