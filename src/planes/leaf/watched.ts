import { setTimeout as delay } from 'node:timers/promises';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import type { AnyObject, ObjectRef } from '../../lib/kubernetes/objects.ts';
import { getObject } from '../../lib/kubernetes/requests.ts';
import { NODE, SECRET } from '../../lib/kubernetes/resources.ts';
import type { ObjectReport, SharedWatch } from '../../lib/kubernetes/shared-watch.ts';
import { OUR_LABEL } from './ownership.ts';

export type Report = ObjectReport<AnyObject>;

/** How long after "gone" to ask whether only the label is, and after that how often; milliseconds. */
const FIRST_ASK_MS = 1_000;
const NEXT_ASK_MS = 10_000;

/** The Secrets of the hub that may be certificates; no others are read. */
export function certificates(hub: RegisteredCluster): SharedWatch<AnyObject> {
  return hub.watches.of({ resource: SECRET, fieldSelector: 'type=kubernetes.io/tls' });
}

export function nodes(cluster: RegisteredCluster): SharedWatch<AnyObject> {
  return cluster.watches.of({ resource: NODE });
}

/** Tells of an object that is not ours, such as the Gateway of a route, until the result is called. */
export function watchAny(
  cluster: RegisteredCluster,
  { resource, ...key }: ObjectRef<AnyObject>,
  onReport: (report: Report) => void,
): () => void {
  return cluster.watches.of({ resource }).follow(key, onReport);
}

/**
 * Tells of an object that Sluice has made, by the watch on all objects with our label. One that has lost the label looks
 * gone there, so the API server is asked for it by name.
 */
export function watchOurs(
  cluster: RegisteredCluster,
  ref: ObjectRef<AnyObject>,
  onReport: (report: Report) => void,
): () => void {
  const { resource, ...key } = ref;
  const selection = { resource, labelSelector: OUR_LABEL, keep: 'managedFields' } as const;
  let asking = new AbortController();
  const stop = cluster.watches.of(selection).follow(key, (report) => {
    asking.abort();
    asking = new AbortController();
    if (report.kind === 'gone') void askByName(cluster, ref, { onReport, signal: asking.signal });
    onReport(report);
  });
  return () => {
    asking.abort();
    stop();
  };
}

interface Asking {
  readonly onReport: (report: Report) => void;
  /** Aborts when the watch has more to tell. */
  readonly signal: AbortSignal;
}

/** Nothing else tells what becomes of an object without the label, so it is asked for until it is gone. */
async function askByName(
  cluster: RegisteredCluster,
  ref: ObjectRef<AnyObject>,
  { onReport, signal }: Asking,
): Promise<void> {
  let wasThere = false;
  for (let waitMs = FIRST_ASK_MS; await pause(waitMs, signal); waitMs = NEXT_ASK_MS) {
    const answer = await lookUp(cluster, ref, signal);
    if (signal.aborted) return;
    if (answer === 'unknown') continue;
    if (answer) onReport({ kind: 'object', object: answer });
    else if (wasThere) onReport({ kind: 'gone' });
    if (!answer) return;
    wasThere = true;
  }
}

async function lookUp(
  cluster: RegisteredCluster,
  ref: ObjectRef<AnyObject>,
  signal: AbortSignal,
): Promise<AnyObject | undefined | 'unknown'> {
  try {
    return await getObject(cluster, ref, { signal });
  } catch (error) {
    if (signal.aborted || error instanceof KubernetesError) return 'unknown';
    throw error;
  }
}

/** Whether the time has passed without an abort. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined); // ends the wait
  return !signal.aborted;
}
