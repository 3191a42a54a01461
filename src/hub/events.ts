import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { backoffMs } from '../lib/kubernetes/backoff.ts';
import type { Cluster } from '../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../lib/kubernetes/errors.ts';
import type { Manifest } from '../lib/kubernetes/objects.ts';
import { createObject } from '../lib/kubernetes/requests.ts';
import { EVENT } from '../lib/kubernetes/resources.ts';
import type { Logger } from '../lib/log.ts';

/** Something that happened to an object of the hub. */
export interface HubEvent {
  readonly regarding: Regarding;
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word that a script can match. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339: when it happened. With the rest it is what tells two Events apart. */
  readonly at: string;
}

export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventPoster {
  /** Returns at once. An Event that cannot be made is one line in the log: it holds up nothing. */
  post(event: HubEvent): void;
  close(): Promise<void>;
}

const CONCURRENCY = 4;
const DEADLINE_MS = 5_000;
const ATTEMPTS = 3;
/** events.k8s.io/v1: notes of up to 1 kB. */
const NOTE_CHARACTERS = 1_000;
/** events.k8s.io/v1: reasons of up to 128 characters. */
const REASON_CHARACTERS = 128;

export function createEventPoster({ hub, log }: { readonly hub: Cluster; readonly log: Logger }): EventPoster {
  const limit = pLimit(CONCURRENCY);
  const closing = new AbortController();
  const posts = new Set<Promise<void>>();
  const post = async (event: HubEvent): Promise<void> => {
    const error = await attempt(hub, event, closing.signal);
    if (error === undefined || closing.signal.aborted) return;
    const { namespace, name } = event.regarding;
    log.warn({ object: `${namespace}/${name}`, event: event.reason, reason: error.message }, 'event not written');
  };
  return {
    post(event) {
      if (closing.signal.aborted) return;
      const posted = limit(() => post(event));
      posts.add(posted);
      void posted.finally(() => posts.delete(posted));
    },
    async close() {
      const late = setTimeout(() => closing.abort(), DEADLINE_MS);
      await Promise.all(posts);
      clearTimeout(late);
      closing.abort();
    },
  };
}

/** The name says what happened, so that a second writer, or the same one after a restart, does not say it again. */
export function eventManifest({ regarding, type, reason, message, at }: HubEvent): Manifest {
  const { namespace, name, uid } = regarding;
  const digest = createHash('sha256')
    .update(JSON.stringify([uid, reason, message, at]))
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: EVENT.apiVersion,
    kind: EVENT.kind,
    metadata: { name: `${name}.${digest}`, namespace },
    // MicroTime wants six digits.
    eventTime: new Date(at).toISOString().replace('Z', '000Z'),
    type,
    reason: reason.slice(0, REASON_CHARACTERS),
    action: reason.slice(0, REASON_CHARACTERS),
    note: message.slice(0, NOTE_CHARACTERS),
    regarding,
    reportingController: 'sluice.dev/hub',
    reportingInstance: `sluice-${hostname()}`.slice(0, 128),
  };
}

/** The error that the last attempt ended with; undefined when the Event is there. */
async function attempt(hub: Cluster, event: HubEvent, signal: AbortSignal): Promise<KubernetesError | undefined> {
  const manifest = eventManifest(event);
  const ref = { resource: EVENT, namespace: event.regarding.namespace, name: manifest.metadata.name ?? '' };
  for (let failures = 0; ; failures += 1) {
    const error = await createObject(hub, ref, { manifest, signal, deadlineMs: DEADLINE_MS }).then(
      () => undefined,
      (caught: unknown) => expected(caught, signal),
    );
    if (error === undefined || signal.aborted || !error.failure.retryable || failures + 1 === ATTEMPTS) return error;
    await delay(backoffMs(failures, Math.random(), error.failure.retryAfterSeconds), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

function expected(error: unknown, signal: AbortSignal): KubernetesError | undefined {
  if (error instanceof KubernetesError) return error;
  if (signal.aborted) return undefined;
  throw error;
}
