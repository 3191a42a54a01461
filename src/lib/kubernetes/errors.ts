import type { V1Status } from '@kubernetes/client-node';

/** A kubeconfig that cannot or must not be used: names the file, the field, what was found and what is allowed. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

export type Verb = 'get' | 'list' | 'watch' | 'apply' | 'create' | 'replace' | 'merge' | 'delete' | 'review';

export interface KubernetesFailure {
  readonly cluster: string;
  readonly verb: Verb;
  /** What was asked for, such as `Ingress default/shop`. */
  readonly object: string;
  /** Status code of the answer; absent when there was none. */
  readonly status?: number;
  /** One CamelCase word: the API server's own reason (`Conflict`, `Forbidden`) or ours (`ConnectionRefused`). */
  readonly reason: string;
  /** A sentence without the cluster and the object; the error's message puts those before it. */
  readonly detail: string;
  /** The same request may succeed later as it is. */
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  /** The API server's answer, where it gave one. */
  readonly answer?: V1Status;
}

/** A request to a cluster that did not do what it should. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly failure: KubernetesFailure;

  constructor(failure: KubernetesFailure, options?: ErrorOptions) {
    const { cluster, verb, object, detail } = failure;
    super(`cluster ${cluster}: ${verb} ${object}: ${detail}`, options);
    this.failure = failure;
  }
}

/**
 * Whether the same request may succeed later. 4xx says that it will not, except 401 (credentials are renewed from
 * outside), 408, 409 and 429. What is no answer of an API server at all (a redirect) may be a proxy's passing mood.
 */
export function isRetryableStatus(status: number): boolean {
  return status < 400 || status >= 500 || [401, 408, 409, 429].includes(status);
}

/** Codes of node:net, node:dns and node:tls that people meet, as one word each. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'ConnectionRefused',
  ECONNRESET: 'ConnectionReset',
  EPIPE: 'ConnectionReset',
  ENOTFOUND: 'NameNotResolved',
  EAI_AGAIN: 'NameNotResolved',
  EHOSTUNREACH: 'HostUnreachable',
  ENETUNREACH: 'HostUnreachable',
  ETIMEDOUT: 'DeadlineExceeded',
  CERT_HAS_EXPIRED: 'CertificateExpired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CertificateNotTrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'CertificateNotTrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CertificateNotTrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CertificateNotTrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CertificateNotTrusted',
};

/** Reason and sentence for an error below HTTP. */
export function networkFailure(error: unknown): Pick<KubernetesFailure, 'reason' | 'detail'> {
  if (!(error instanceof Error)) return { reason: 'Unreachable', detail: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { reason: REASONS[code] ?? 'Unreachable', detail: error.message || code };
}
