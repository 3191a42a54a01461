import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from './backoff.ts';
import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import type { KubernetesObject, ObjectRef } from './objects.ts';
import { listObjects, type Selection } from './requests.ts';
import { type WatchEvent, watchEvents } from './watch-stream.ts';

/** What a watch of one object says. Each report replaces the one before. */
export type ObjectReport<T> =
  | { readonly kind: 'object'; readonly object: T }
  | { readonly kind: 'gone' }
  /** The cluster could not be asked: nothing is known of what happens there now. */
  | { readonly kind: 'unreachable'; readonly error: KubernetesError };

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Longest time for a list, and for the head of a watch's answer. */
  readonly deadlineMs?: number;
  /** A watch without a byte for this long is taken for dead. API servers send a bookmark about every minute. */
  readonly stallMs?: number;
}

const DEADLINE_MS = 10_000;
const STALL_MS = 90_000;
/** After a stream that lived this long the next one starts without a wait. */
const GOOD_STREAM_MS = 1_000;

/**
 * Watches one object until the signal aborts: list, watch from there, and start again whatever happens, with backoff.
 * Faults of the cluster are reported, never thrown; what `onReport` throws is thrown.
 */
export async function watchObject<T extends KubernetesObject>(
  cluster: Cluster,
  { resource, namespace, name }: ObjectRef<T>,
  onReport: (report: ObjectReport<T>) => void,
  { signal, deadlineMs = DEADLINE_MS, stallMs = STALL_MS }: WatchOptions,
): Promise<void> {
  const report = withoutRepeats(onReport);
  const selection: Selection<T> = { resource, namespace, fieldSelector: `metadata.name=${name}` };
  let failures = 0;
  /** Where the next stream goes on; undefined when the object has to be listed first. */
  let resourceVersion: string | undefined;

  const round = async (): Promise<void> => {
    if (resourceVersion === undefined) {
      const list = await listObjects(cluster, selection, { signal, deadlineMs });
      const object = list.items[0];
      report(object ? { kind: 'object', object } : { kind: 'gone' });
      resourceVersion = list.resourceVersion;
    }
    const began = performance.now();
    for await (const event of watchEvents(cluster, selection, { signal, resourceVersion, deadlineMs, stallMs })) {
      resourceVersion = event.kind === 'lost' ? undefined : event.resourceVersion;
      reportEvent(event, report);
    }
    failures = performance.now() - began > GOOD_STREAM_MS ? 0 : failures + 1;
  };

  while (!signal.aborted) {
    const error = await caught(round(), signal);
    if (error) {
      failures += 1;
      resourceVersion = undefined;
      report({ kind: 'unreachable', error });
    }
    if (failures > 0) await pause(backoffMs(failures - 1, Math.random(), error?.failure.retryAfterSeconds), signal);
  }
}

type Report<T> = (report: ObjectReport<T>) => void;

function reportEvent<T extends KubernetesObject>(event: WatchEvent<T>, report: Report<T>): void {
  if (event.kind === 'object') report({ kind: 'object', object: event.object });
  if (event.kind === 'deleted') report({ kind: 'gone' });
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

/** A list after a break shows what was seen before it; that is no news. */
function withoutRepeats<T extends KubernetesObject>(report: Report<T>): Report<T> {
  let last = '';
  return (next) => {
    const key =
      next.kind === 'object' ? `${next.object.metadata.uid} ${next.object.metadata.resourceVersion}` : next.kind;
    if (key === last && next.kind !== 'unreachable') return;
    last = key;
    report(next);
  };
}
