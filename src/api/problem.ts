import { ClientError } from '../client/errors.ts';
import { type Problem, type ProblemKind, problemType } from '../client/http/problem.ts';
import { formatIssues } from '../spec/document.ts';
import type { SpecIssue } from '../spec/types.ts';

export const MAX_BODY_BYTES = 256 * 1024;

/** How long a client is told to wait when Temporal or its workers are away, seconds. */
const RETRY_AFTER_SECONDS = 5;

export const PROBLEMS = {
  invalid: { status: 400, title: 'The document or the request is not right' },
  unauthenticated: { status: 401, title: 'Who asks is not known' },
  forbidden: { status: 403, title: 'Who asks may not do this' },
  notFound: { status: 404, title: 'There is no such thing' },
  hostnameClaimed: { status: 409, title: 'The hostname belongs to somebody else' },
  refused: { status: 409, title: 'This makes no sense in the present state' },
  tooLarge: { status: 413, title: 'The body is too large' },
  unsupportedMediaType: { status: 415, title: 'The body has a content type that is not read here' },
  misdirected: { status: 421, title: 'The request was meant for another host' },
  internal: { status: 500, title: 'Sluice has a fault' },
  unavailable: { status: 503, title: 'What stands behind the API cannot be reached' },
} as const satisfies Readonly<Record<ProblemKind, { readonly status: number; readonly title: string }>>;

/** Thrown inside the API for every answer that is a problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly kind: ProblemKind;
  readonly issues: readonly SpecIssue[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: ProblemKind,
    detail: string,
    options: { issues?: readonly SpecIssue[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.kind = kind;
    this.issues = options.issues ?? [];
    this.headers = options.headers ?? {};
  }
}

/** A document or a part of the request that is not right; `what` names it in the sentence. */
export function invalidProblem(what: string, issues: readonly SpecIssue[]): ProblemError {
  return new ProblemError('invalid', `${what}${issues.length > 1 ? ':\n' : ': '}${said(issues)}`, { issues });
}

function said(issues: readonly SpecIssue[]): string {
  const [only] = issues;
  return issues.length === 1 && only?.path === '' ? only.message : formatIssues(issues);
}

/** What to answer for whatever was thrown. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof ClientError) return fromClientError(error);
  const { code, statusCode } = fastifyError(error);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const detail = `the body is larger than ${MAX_BODY_BYTES / 1024} KiB, the most that is read`;
    return new ProblemError('tooLarge', detail, { cause: error });
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new ProblemError('unsupportedMediaType', MEDIA_TYPES);
  // Anything else that Fastify itself finds wrong with the request: a bad URL, a wrong content length.
  if (code.startsWith('FST_ERR_') && statusCode >= 400 && statusCode < 500 && error instanceof Error) {
    return new ProblemError('invalid', error.message, { cause: error });
  }
  return new ProblemError('internal', 'an error inside Sluice; its log has more under this request id', {
    cause: error,
  });
}

export function toProblem(error: ProblemError, requestId: string): Problem {
  const { status, title } = PROBLEMS[error.kind];
  const issues = error.issues.map(({ path, message }) => ({ path, message }));
  return { type: problemType(error.kind), title, status, detail: error.message, issues, requestId };
}

const MEDIA_TYPES =
  "send application/json or application/yaml; with curl: -H 'content-type: application/yaml' --data-binary @file.yaml";

function fromClientError(error: ClientError): ProblemError {
  const headers: Record<string, string> =
    error.kind === 'unavailable' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
  return new ProblemError(error.kind, error.message, { issues: error.issues, headers, cause: error });
}

function fastifyError(error: unknown): { code: string; statusCode: number } {
  if (!(error instanceof Error)) return { code: '', statusCode: 500 };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  return { code, statusCode };
}
