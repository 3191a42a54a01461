import type { z } from 'zod';
import { ClientError, type ClientErrorKind } from '../errors.ts';
import { problemKind, problemSchema } from './problem.ts';

/** Network failures in words: what was tried, why it failed, how to choose another server or start one. */
export function unreachable(url: string, cause: unknown): ClientError {
  const advice =
    'Start one with `npm start` (playground) or `sluice serve`, or name another with --server or SLUICE_SERVER.';
  return new ClientError('unavailable', `no answer from ${url}: ${reasonOf(cause)}. ${advice}`, { cause });
}

/** The ClientError for an answer that is not a success: the server's own words where it is our API. */
export async function refusal(url: string, response: Response): Promise<ClientError> {
  const text = await response.text().catch(() => '');
  const problem = problemError(text);
  if (problem !== undefined) return problem;
  const found = `${response.status} ${response.headers.get('content-type') ?? 'without a content type'}`;
  return new ClientError(
    response.status >= 500 ? 'unavailable' : 'refused',
    `${url} answered ${found}, which is not an answer of Sluice's API; is the address right (--server or SLUICE_SERVER)?`,
  );
}

/** The ClientError that a problem document stands for; undefined when the text is none. */
export function problemError(text: string): ClientError | undefined {
  const problem = problemSchema.safeParse(parseJson(text));
  if (!problem.success) return undefined;
  return new ClientError(clientErrorKind(problem.data.type), problem.data.detail, { issues: problem.data.issues });
}

/** The JSON of `text` if it has the wanted shape; what the shape does not know is kept, a newer server may say more. */
export function readShape<T>(url: string, text: string, shape: z.ZodType<T>): T {
  const value = parseJson(text);
  if (value === undefined) {
    const advice = "is it Sluice's API (--server or SLUICE_SERVER)?";
    throw new ClientError('unavailable', `${url} answered something else than JSON; ${advice}`);
  }
  const checked = shape.safeParse(value);
  // Checked here; the value itself is returned, because parsing would drop the fields that only a newer server knows.
  if (checked.success) return value as T;
  const first = checked.error.issues[0];
  const where = first === undefined ? '' : ` (${first.path.join('.') || 'the document'}: ${first.message})`;
  throw new ClientError(
    'unavailable',
    `${url} answered a document that this version does not understand${where}; are both of the same version?`,
    { cause: checked.error },
  );
}

function clientErrorKind(type: string): ClientErrorKind {
  const kind = problemKind(type);
  switch (kind) {
    case 'invalid':
    case 'hostnameClaimed':
    case 'notFound':
    case 'refused':
    case 'unavailable':
      return kind;
    case 'tooLarge':
    case 'unsupportedMediaType':
      return 'invalid';
    case 'internal':
      return 'unavailable';
    default:
      return 'refused';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the host name cannot be resolved now',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says "fetch failed" or "terminated"; what happened is its cause.
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return REASONS[code] ?? (cause.message || code || error.name);
}
