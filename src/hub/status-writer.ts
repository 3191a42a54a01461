import type { Cluster } from '../lib/kubernetes/cluster.ts';
import { KubernetesError } from '../lib/kubernetes/errors.ts';
import type { AnyObject, ObjectRef } from '../lib/kubernetes/objects.ts';
import { applyObject, getObject } from '../lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS } from '../lib/kubernetes/resources.ts';
import type { Logger } from '../lib/log.ts';
import type { Source, Status } from '../workflows/status.ts';
import type { EventPoster } from './events.ts';
import { HistoryEvents } from './history-events.ts';
import { DONE, KeyedWorker, type Next } from './keyed-worker.ts';
import { workflowManifest } from './object-status.ts';

/** Brings statuses of workflows to the objects in the hub that they come from. */
export interface StatusWriter {
  /** Returns at once. Only the newest status of an object is written; one that comes from no object is passed over. */
  write(status: Status): void;
  /** Writes what is left, for a few seconds. */
  close(): Promise<void>;
}

interface StatusWriterOptions {
  readonly hub: Cluster;
  readonly log: Logger;
  readonly events: EventPoster;
  readonly now?: () => number;
}

const STATUS_MANAGER = 'sluice-status';
const CONCURRENCY = 8;
const DEADLINE_MS = 5_000;
/** Between two writes of one status: a rollout goes through several states in less. Milliseconds. */
const APART_MS = 250;

export function createStatusWriter(options: StatusWriterOptions): StatusWriter {
  return new Writer(options);
}

class Writer implements StatusWriter {
  readonly #hub: Cluster;
  readonly #log: Logger;
  readonly #history: HistoryEvents;
  readonly #worker: KeyedWorker;
  /** The newest status of each object that is not written yet. */
  readonly #pending = new Map<string, Status>();
  /** When each status was written lately, by `performance.now()`. */
  readonly #writtenAt = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor({ hub, log, events, now }: StatusWriterOptions) {
    this.#hub = hub;
    this.#log = log;
    this.#history = new HistoryEvents(events, now);
    this.#worker = new KeyedWorker({
      work: (key) => this.#whenDue(key),
      concurrency: CONCURRENCY,
      onFailure: (key, error, retryInMs) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ ingress: key, reason, retryInMs }, 'status not written');
      },
    });
  }

  write(status: Status): void {
    if (status.source === undefined || this.#closing.signal.aborted) return;
    const key = `${status.namespace}/${status.name}`;
    this.#history.tell(status, status.source);
    this.#pending.set(key, status);
    this.#worker.wake(key, { patient: true });
  }

  async close(): Promise<void> {
    const late = setTimeout(() => this.#closing.abort(), DEADLINE_MS);
    await this.#worker.close();
    // One more attempt for each that waited; errors were told when they came.
    await Promise.allSettled([...this.#pending.keys()].map((key) => this.#writePending(key)));
    clearTimeout(late);
    this.#closing.abort();
  }

  async #whenDue(key: string): Promise<Next> {
    const writtenAt = this.#writtenAt.get(key);
    const afterMs = writtenAt === undefined ? 0 : writtenAt + APART_MS - performance.now();
    if (afterMs > 0 && this.#pending.has(key)) return { kind: 'again', afterMs };
    this.#writtenAt.delete(key);
    return await this.#writePending(key);
  }

  async #writePending(key: string): Promise<Next> {
    const status = this.#pending.get(key);
    if (status?.source === undefined) return DONE;
    const { signal } = this.#closing;
    const ref = { resource: FEDERATED_INGRESS, namespace: status.namespace, name: status.name };
    const options = { fieldManager: STATUS_MANAGER, force: true, subresource: 'status' } as const;
    try {
      if (await this.#isFor(key, ref, status.source)) {
        const manifest = workflowManifest(status);
        await applyObject(this.#hub, ref, { ...options, manifest, signal, deadlineMs: DEADLINE_MS });
        this.#writtenAt.set(key, performance.now());
      }
    } catch (error) {
      if (!this.#isFinal(key, error)) throw error;
    }
    // What came while it was written wakes the key again.
    if (this.#pending.get(key) === status) this.#pending.delete(key);
    return DONE;
  }

  /**
   * Whether the object is still the one that the status is for, and not a later one of its name: writes to a status do not
   * heed a uid.
   */
  async #isFor(key: string, ref: ObjectRef<AnyObject>, { uid }: Source): Promise<boolean> {
    const found = await getObject(this.#hub, ref, { signal: this.#closing.signal, deadlineMs: DEADLINE_MS });
    if (found?.metadata.uid === uid) return true;
    this.#forget(key);
    return false;
  }

  #forget(key: string): void {
    this.#writtenAt.delete(key);
    this.#history.forget(key);
  }

  /** Whether the same write could never succeed: the object is gone, or will not take it. */
  #isFinal(key: string, error: unknown): boolean {
    if (!(error instanceof KubernetesError)) return false;
    const { reason, retryable, status } = error.failure;
    if (reason === 'NotFound') {
      this.#forget(key);
      return true;
    }
    // Rights may be given later; a status that the schema refuses stays refused.
    if (retryable || status !== 422) return false;
    this.#log.error({ ingress: key, reason: error.message }, 'status refused by the hub');
    return true;
  }
}
