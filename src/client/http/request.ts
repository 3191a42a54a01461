import type { z } from 'zod';
import { ClientError } from '../errors.ts';
import { readShape, refusal, unreachable } from './failures.ts';

export interface Server {
  /** Origin and path prefix without a slash at the end, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly token: string | undefined;
  /** What the program says it is: our CLI is told apart from other clients by it. */
  readonly userAgent?: string | undefined;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body?: unknown;
  /** A status beside 2xx that comes with the wanted shape too. */
  readonly alsoAnswers?: number;
}

/** How the User-Agent of our command line begins; its version follows. */
export const CLI_AGENT = 'sluice-cli/';

/** Longer than any deadline inside the server, so that its own words arrive first. */
const CALL_DEADLINE_MS = 30_000;

/** Checks what a person wrote after --server or in SLUICE_SERVER. */
export function parseServer(server: string, token: string | undefined): Server {
  const url = URL.parse(server);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    const advice = 'write it such as http://127.0.0.1:8080 (--server or SLUICE_SERVER)';
    throw new ClientError('invalid', `the server ${JSON.stringify(server)} is not an http or https URL; ${advice}`);
  }
  return { url: url.origin + url.pathname.replace(/\/+$/, ''), token: token === '' ? undefined : token };
}

/** One call with a deadline: the answer in the wanted shape, or a ClientError in the server's words. */
export async function callJson<T>(server: Server, call: Call, shape: z.ZodType<T>): Promise<T> {
  const response = await send(server, call, { signal: AbortSignal.timeout(CALL_DEADLINE_MS) });
  if (!response.ok && response.status !== call.alsoAnswers) throw await refusal(server.url, response);
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(server.url, cause);
  });
  return readShape(server.url, text, shape);
}

/** Sends one request. Redirects are not followed: the token is for this server only. */
export async function send(
  server: Server,
  call: Call,
  options: { signal: AbortSignal; accept?: string },
): Promise<Response> {
  const url = new URL(server.url + call.path);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    for (const each of value === undefined ? [] : [value].flat()) url.searchParams.append(name, each);
  }
  const headers = new Headers({ accept: options.accept ?? 'application/json' });
  if (server.userAgent !== undefined) headers.set('user-agent', server.userAgent);
  if (server.token !== undefined) headers.set('authorization', `Bearer ${server.token}`);
  const init: RequestInit = { method: call.method, headers, signal: options.signal, redirect: 'manual' };
  if (call.body !== undefined) {
    headers.set('content-type', 'application/json');
    init.body = JSON.stringify(call.body);
  }
  return fetch(url, init).catch((cause: unknown) => {
    throw unreachable(server.url, cause);
  });
}
