import type { IncomingMessage } from 'node:http';
import { failureOf, invalidAnswer, isSuccess, parseJson, readBody } from './answer.ts';
import type { Cluster } from './cluster.ts';
import type { HttpRequest } from './connection.ts';
import { KubeconfigError, KubernetesError, type KubernetesFailure, networkFailure, type Verb } from './errors.ts';
import { type KubernetesObject, objectOf, type Resource } from './objects.ts';

export interface RequestOptions {
  readonly signal: AbortSignal;
  /** Longest time until the whole answer is there, also while the request waits for a free connection. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;

export interface Answer {
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
    let message = await this.#send(request, signal);
    if (message.statusCode === 401) {
      await readBody(message);
      this.#cluster.renew();
      message = await this.#send(request, signal);
    }
    if (isSuccess(message)) return message;
    const failure = failureOf(message, await readBody(message));
    const passes = isDenied(failure) && !(await this.#isReady(signal));
    throw this.error(passes ? { ...failure, retryable: true } : failure);
  }

  /** An API server that starts does not know the rights of anybody yet. */
  async #isReady(signal: AbortSignal): Promise<boolean> {
    const message = await this.#send({ method: 'GET', path: '/readyz' }, signal);
    await readBody(message);
    return isSuccess(message);
  }

  expectObject<T extends KubernetesObject>(resource: Resource<T>, { message, body }: Answer): T {
    const object = objectOf(resource, parseJson(body));
    if (object) return object;
    throw this.error(invalidAnswer(message, `an object of kind ${resource.kind} of ${resource.apiVersion}`));
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

  #send(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
    this.#cluster.metrics?.requests.inc({ cluster: this.#cluster.name, verb: this.#verb });
    return this.#cluster.send(request, signal);
  }
}

/** Only the API server's own word counts: a 404 from something in front of it says nothing about the object. */
export function hasReason(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof KubernetesError && reasons.includes(error.failure.answer?.reason ?? '');
}

/** By the rights of the user, as opposed to a rule for the object: https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
function isDenied({ status, detail }: Pick<KubernetesFailure, 'status' | 'detail'>): boolean {
  return status === 403 && / is forbidden: User "/.test(detail);
}
