import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../workflows/status.ts';
import type { Reading } from '../client.ts';
import { ClientError } from '../errors.ts';
import { readEvents } from './event-stream.ts';
import { problemError, readShape, refusal, unreachable } from './failures.ts';
import { type Server, send } from './request.ts';
import { type StatusReading, statusReadingSchema } from './schemas.ts';

export interface WatchCall {
  readonly path: string;
  readonly onStatus: (reading: Reading<Status>) => void;
  readonly signal: AbortSignal;
}

/** Three heartbeats of the server (15 s each) missed: the connection is dead though nobody said so. */
const SILENCE_MS = 45_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;

/**
 * Follows one status until the object is gone or `signal` aborts. The first connection has to work; later ones are tried
 * again for as long as it takes, and meanwhile the last status is reported as stale.
 */
export async function watchStatus(server: Server, call: WatchCall): Promise<void> {
  let last: Reading<Status> | undefined;
  let retryMs = FIRST_RETRY_MS;
  const onStatus = (reading: Reading<Status>): void => {
    last = reading;
    retryMs = FIRST_RETRY_MS;
    call.onStatus(reading);
  };
  while (!call.signal.aborted) {
    const end = await followOnce(server, { ...call, onStatus });
    if (end.kind !== 'broken') return;
    if (last === undefined) throw end.error;
    if (end.error.kind === 'notFound') return;
    if (end.error.kind !== 'unavailable') throw end.error;
    if (last.staleSince === undefined) {
      last = { ...last, staleSince: new Date().toISOString() };
      call.onStatus(last);
    }
    // Up to a quarter more, so that the watchers of a restarted server do not all come back at once.
    await delay(retryMs * (1 + Math.random() / 4), undefined, { signal: call.signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

type StreamEnd =
  | { readonly kind: 'gone' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'broken'; readonly error: ClientError };

/** One connection, to its end. What `onStatus` throws is the caller's own and passes through. */
async function followOnce(server: Server, call: WatchCall): Promise<StreamEnd> {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort(new Error(`nothing was heard for ${SILENCE_MS / 1000} s`));
  }, SILENCE_MS);
  const signal = AbortSignal.any([call.signal, silence.signal]);
  try {
    const request = { method: 'GET', path: call.path } as const;
    const response = await send(server, request, { signal, accept: 'text/event-stream' });
    if (!response.ok || response.body === null) return { kind: 'broken', error: await refusal(server.url, response) };
    for await (const event of readEvents(hear(server, response.body, timer))) {
      if (event.event === 'end') return { kind: 'gone' };
      if (event.event === 'problem') throw problemError(event.data) ?? unreachable(server.url, event.data);
      if (event.event === 'status') call.onStatus(readStatus(server, event.data));
    }
    return { kind: 'broken', error: unreachable(server.url, new Error('the stream of events ended')) };
  } catch (error) {
    if (call.signal.aborted) return { kind: 'aborted' };
    if (error instanceof ClientError) return { kind: 'broken', error };
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes of the body; each arrival puts off the silence timer, and a cut connection becomes a ClientError. */
async function* hear(server: Server, body: AsyncIterable<Uint8Array>, timer: NodeJS.Timeout) {
  try {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  } catch (cause) {
    throw unreachable(server.url, cause);
  }
}

function readStatus(server: Server, data: string): Reading<Status> {
  return toReading(readShape(server.url, data, statusReadingSchema));
}

/** Over HTTP `staleSince` is a field beside those of the status. */
export function toReading(body: StatusReading): Reading<Status> {
  const { staleSince, ...value } = body;
  return staleSince === undefined ? { value } : { value, staleSince };
}
