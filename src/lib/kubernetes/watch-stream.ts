import type { IncomingMessage } from 'node:http';
import { parseJson } from './answer.ts';
import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import { isRecord, type KubernetesObject, objectOf, type Resource } from './objects.ts';
import { Operation } from './operation.ts';
import { describeSelection, type Selection, selectionPath } from './selection.ts';

export type WatchEvent<T> =
  | { readonly kind: 'object'; readonly object: T; readonly resourceVersion: string }
  /** It is gone, or does not fit the selection any more. */
  | { readonly kind: 'deleted'; readonly object: T; readonly resourceVersion: string }
  /** Nothing has changed up to here. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** The last event: a watch cannot go on from the one before, and all has to be listed again. */
  | { readonly kind: 'lost' };

export interface StreamOptions {
  readonly signal: AbortSignal;
  readonly resourceVersion: string;
  /** Longest time until the head of the answer. */
  readonly deadlineMs: number;
  /** Longest time without a byte; then the stream is taken for dead. */
  readonly stallMs: number;
}

/** How long the API server may keep one watch, seconds, and up to twice that; as client-go does. */
const WATCH_SECONDS = 300;
/** An object is at most 3 MiB on the wire. */
const LINE_LIMIT = 8 * 1024 * 1024;

/**
 * The events of one watch request, until the API server ends it, the stream breaks or falls silent, or the signal
 * aborts: the next watch goes on from the last event. Throws KubernetesError when the watch is refused or its answer does
 * not begin in time.
 */
export async function* watchEvents<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  options: StreamOptions,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const silence = watchdog();
  const labels = { cluster: cluster.name, kind: selection.resource.kind };
  const signal = AbortSignal.any([options.signal, silence.signal]);
  try {
    silence.expectWithin(options.deadlineMs);
    const message = await openStream(cluster, selection, { ...options, signal });
    silence.expectWithin(options.stallMs);
    for await (const line of linesOf(message, () => silence.expectWithin(options.stallMs))) {
      const event = eventOf(selection.resource, line);
      if (event.kind === 'object' || event.kind === 'deleted') cluster.metrics?.events.inc(labels);
      yield event;
      if (event.kind === 'lost') return;
    }
  } catch (error) {
    if (options.signal.aborted || !(error instanceof KubernetesError)) return;
    if (error.failure.status !== 410) throw error;
    yield { kind: 'lost' };
  } finally {
    silence.stop();
  }
}

async function openStream<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  { signal, resourceVersion, deadlineMs }: StreamOptions,
): Promise<IncomingMessage> {
  const operation = new Operation(cluster, 'watch', describeSelection(selection));
  const timeoutSeconds = String(Math.ceil(WATCH_SECONDS * (1 + Math.random())));
  const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds };
  try {
    return await operation.open({ method: 'GET', path: selectionPath(selection, query), stream: true }, signal);
  } catch (error) {
    throw signal.aborted ? operation.tooLate(deadlineMs) : operation.explain(error);
  }
}

/** Aborts its signal when what is expected does not come in time. */
function watchdog(): { signal: AbortSignal; expectWithin(ms: number): void; stop(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  return {
    signal: controller.signal,
    expectWithin(ms) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), ms);
    },
    stop: () => clearTimeout(timer),
  };
}

async function* linesOf(message: IncomingMessage, onBytes: () => void): AsyncGenerator<string, void, void> {
  let rest = '';
  message.setEncoding('utf8');
  for await (const chunk of message as AsyncIterable<string>) {
    onBytes();
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LIMIT) throw new Error(`an event is longer than ${LINE_LIMIT} characters`);
    yield* lines;
  }
  // An orderly stream ends with a line break.
  if (rest !== '') throw new Error('the last event is cut off');
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
function eventOf<T extends KubernetesObject>(resource: Resource<T>, line: string): WatchEvent<T> {
  const event = parseJson(line);
  if (!isRecord(event)) return { kind: 'lost' };
  const { type, object: value } = event;
  if (type === 'BOOKMARK') return bookmarkOf(value);
  const object = objectOf(resource, value);
  if (!object) return { kind: 'lost' }; // ERROR events hold a Status, such as 410
  const { resourceVersion } = object.metadata;
  if (type === 'DELETED') return { kind: 'deleted', object, resourceVersion };
  return type === 'ADDED' || type === 'MODIFIED' ? { kind: 'object', object, resourceVersion } : { kind: 'lost' };
}

/** A bookmark's object has nothing but a resource version. */
function bookmarkOf(value: unknown): WatchEvent<never> {
  const metadata = isRecord(value) && isRecord(value['metadata']) ? value['metadata'] : {};
  const { resourceVersion } = metadata;
  return typeof resourceVersion === 'string' ? { kind: 'bookmark', resourceVersion } : { kind: 'lost' };
}
