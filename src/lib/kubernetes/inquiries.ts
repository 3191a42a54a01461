import { invalidAnswer, parseJson } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { jsonRequest } from './connection.ts';
import { at, textAt } from './fields.ts';
import { Operation, type RequestOptions } from './operation.ts';

/** Asks the API server whether it can work; throws when it does not say so. */
export async function askReady(cluster: Cluster, options: RequestOptions): Promise<void> {
  const operation = new Operation(cluster, 'get', '/readyz');
  const { message, body } = await operation.exchange({ method: 'GET', path: '/readyz' }, options);
  if (body.trim() !== 'ok') throw operation.error(invalidAnswer(message, '"ok"'));
}

/** The version of the API server, such as `v1.34.1`. */
export async function askVersion(cluster: Cluster, options: RequestOptions): Promise<string> {
  const operation = new Operation(cluster, 'get', '/version');
  const { message, body } = await operation.exchange({ method: 'GET', path: '/version' }, options);
  const version = textAt(parseJson(body), 'gitVersion');
  if (version === undefined) throw operation.error(invalidAnswer(message, 'a version'));
  return version;
}

/** authorization.k8s.io/v1 ResourceAttributes: an act that may be allowed or not. `*` stands for all. */
export interface AccessAttributes {
  readonly verb: string;
  /** API group; empty for the core one. */
  readonly group: string;
  /** Plural, such as `ingresses`. */
  readonly resource: string;
  readonly subresource?: string;
  /** Everywhere when absent. */
  readonly namespace?: string;
  readonly name?: string;
}

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Whether our own credentials allow it, by a SelfSubjectAccessReview; every authenticated user may ask. */
export async function reviewAccess(
  cluster: Cluster,
  attributes: AccessAttributes,
  options: RequestOptions,
): Promise<boolean> {
  const { verb, group, resource } = attributes;
  const operation = new Operation(cluster, 'review', `${verb} ${resource}${group && `.${group}`}`);
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: attributes },
  };
  const answer = await operation.exchange(jsonRequest('POST', REVIEWS, body), options);
  const allowed = at(parseJson(answer.body), 'status', 'allowed');
  if (typeof allowed !== 'boolean') throw operation.error(invalidAnswer(answer.message, 'a SelfSubjectAccessReview'));
  return allowed;
}
