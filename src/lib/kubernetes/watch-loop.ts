import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import { listObjects } from './list.ts';
import type { KubernetesObject } from './objects.ts';
import { keptObject, type Selection } from './selection.ts';
import { watchEvents } from './watch-stream.ts';

/** Takes what a watch finds out, in order. */
export interface WatchSink<T> {
  /** All there is; what was known before and is not in it is gone. */
  listed(objects: readonly T[]): void;
  changed(object: T): void;
  removed(object: T): void;
  /** Nothing is known of what happens in the cluster now, until all is listed again. */
  unreachable(error: KubernetesError): void;
}

export interface WatchTimes {
  /** Longest time for a page of a list, and for the head of a watch's answer. */
  readonly deadlineMs?: number;
  /** A watch without a byte for this long is taken for dead. API servers send a bookmark about every minute. */
  readonly stallMs?: number;
}

const DEADLINE_MS = 10_000;
const STALL_MS = 90_000;
/** After a stream that lived this long the next one starts without a wait. */
const GOOD_STREAM_MS = 1_000;

/**
 * Watches a selection until the signal aborts: lists, watches from there, and goes on whatever happens, with backoff. A
 * stream that breaks is taken up behind its last event; all is listed again when the API server does not know that any
 * more, and after it could not be asked. Faults of the cluster go to the sink and are never thrown.
 */
export async function runWatch<T extends KubernetesObject>(
  cluster: Cluster,
  selection: Selection<T>,
  { sink, signal, ...times }: WatchTimes & { readonly sink: WatchSink<T>; readonly signal: AbortSignal },
): Promise<void> {
  const round = new Round(cluster, selection, { deadlineMs: DEADLINE_MS, stallMs: STALL_MS, ...times, sink, signal });
  let failures = 0;
  while (!signal.aborted) {
    const began = performance.now();
    const error = await caught(round.run(), signal);
    if (signal.aborted) return;
    if (error) sink.unreachable(error);
    failures = !error && performance.now() - began > GOOD_STREAM_MS ? 0 : failures + 1;
    if (failures > 0) await pause(backoffMs(failures - 1, Math.random(), error?.failure.retryAfterSeconds), signal);
  }
}

interface RoundOptions<T> extends Required<WatchTimes> {
  readonly sink: WatchSink<T>;
  readonly signal: AbortSignal;
}

/** One watch request, with a list before it when one is needed. */
class Round<T extends KubernetesObject> {
  readonly #cluster: Cluster;
  readonly #selection: Selection<T>;
  readonly #options: RoundOptions<T>;
  /** Where the next stream goes on; undefined when all has to be listed first. */
  #resourceVersion: string | undefined;

  constructor(cluster: Cluster, selection: Selection<T>, options: RoundOptions<T>) {
    this.#cluster = cluster;
    this.#selection = selection;
    this.#options = options;
  }

  async run(): Promise<void> {
    const resourceVersion = this.#resourceVersion ?? (await this.#list());
    // Set again by the first event; until then, and after an error, nothing is sure.
    this.#resourceVersion = undefined;
    let last: string | undefined = resourceVersion;
    const options = { ...this.#options, resourceVersion };
    for await (const event of watchEvents(this.#cluster, this.#selection, options)) {
      if (options.signal.aborted) return; // a chunk may hold more events than one
      last = event.kind === 'lost' ? undefined : event.resourceVersion;
      if (event.kind === 'object') this.#options.sink.changed(keptObject(this.#selection, event.object));
      if (event.kind === 'deleted') this.#options.sink.removed(event.object);
    }
    this.#resourceVersion = last;
  }

  async #list(): Promise<string> {
    const { sink, signal, deadlineMs } = this.#options;
    const { items, resourceVersion } = await listObjects(this.#cluster, this.#selection, { signal, deadlineMs });
    this.#cluster.metrics?.lists.inc({ cluster: this.#cluster.name, kind: this.#selection.resource.kind });
    signal.throwIfAborted();
    sink.listed(items.map((item) => keptObject(this.#selection, item)));
    return resourceVersion;
  }
}

/** The KubernetesError that a promise rejects with; everything else is a bug and is thrown on. */
async function caught(promise: Promise<void>, signal: AbortSignal): Promise<KubernetesError | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (error instanceof KubernetesError) return error;
    if (signal.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Rejects when the signal aborts, which is one way for the pause to end.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
