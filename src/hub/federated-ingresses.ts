import { KubernetesError } from '../lib/kubernetes/errors.ts';
import { recordAt, textAt } from '../lib/kubernetes/fields.ts';
import type { AnyObject } from '../lib/kubernetes/objects.ts';
import { hasReason } from '../lib/kubernetes/operation.ts';
import { FEDERATED_INGRESS, GLOBAL_INGRESS } from '../lib/kubernetes/resources.ts';
import type { Logger } from '../lib/log.ts';
import { decide, decisive } from './decide.ts';
import { keyOf } from './document.ts';
import { DONE, KeyedWorker, type Next } from './keyed-worker.ts';
import type { Memory } from './memory.ts';
import { type ControllerOptions, type Outcome, Performer } from './perform.ts';

export type { ControllerOptions } from './perform.ts';

/** Objects that are worked on at one time: enough to keep Temporal busy, few enough to leave room for others. */
const CONCURRENCY = 16;
/** Before an object that the watch has and the hub does not is read again. */
const ABSENT_WAIT_MS = 1_000;

/**
 * Keeps workflows in step with the FederatedIngress objects of the hub, until the signal aborts: a new generation is
 * applied, annotations steer, a deletion drains first. For the process that holds the lease.
 */
export async function runFederatedIngressController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const controller = new Controller(options, signal);
  const stop = options.hub.watches.of({ resource: FEDERATED_INGRESS }).followAll(({ objects, unreachable }) => {
    // Who cannot be asked has not said that anything is gone.
    controller.see(objects, { whole: unreachable === undefined });
  });
  const stopGlobal = options.hub.watches.of({ resource: GLOBAL_INGRESS }).followAll(({ objects, unreachable }) => {
    if (unreachable === undefined) controller.seeHostnames(objects);
  });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  stop();
  stopGlobal();
  await controller.close();
}

class Controller {
  readonly #log: Logger;
  readonly #performer: Performer;
  readonly #worker: KeyedWorker;
  readonly #objects = new Map<string, AnyObject>();
  readonly #memories = new Map<string, Memory>();

  constructor(options: ControllerOptions, signal: AbortSignal) {
    this.#log = options.log;
    this.#performer = new Performer(options, signal);
    this.#worker = new KeyedWorker({
      work: (key) => this.#work(key),
      concurrency: CONCURRENCY,
      onFailure: (key, error, retryInMs) => this.#failed(key, error, retryInMs),
    });
  }

  see(objects: readonly AnyObject[], { whole }: { readonly whole: boolean }): void {
    const seen = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object);
      seen.add(key);
      const before = this.#objects.get(key);
      // A watch keeps what has not changed: with many objects, most of a burst is the same ones again.
      if (before === object) continue;
      this.#objects.set(key, object);
      if (before === undefined || decisive(before) !== decisive(object)) this.#worker.wake(key);
    }
    if (!whole) return;
    for (const key of this.#objects.keys()) {
      if (seen.has(key)) continue;
      this.#objects.delete(key);
      this.#memories.delete(key);
    }
  }

  /** A hostname that somebody else had may be free now. */
  seeHostnames(globalIngresses: readonly AnyObject[]): void {
    const owners = new Map(globalIngresses.map((one) => [one.metadata.name, ownerOf(one)]));
    for (const [key, { verdicts }] of this.#memories) {
      const hosts = hostsOf(this.#objects.get(key));
      const waits = verdicts.some(({ type, status }) => type === 'HostnameClaimed' && status === 'False');
      // Its own may be among them: that of a document before.
      const areFree = hosts.every((host) => (owners.get(host) ?? key) === key);
      if (waits && hosts.length > 0 && areFree) this.#worker.wake(key);
    }
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }

  /** Does the next thing for an object, and has the worker come again while there is one. */
  async #work(key: string): Promise<Next> {
    const object = this.#objects.get(key);
    if (object === undefined) return DONE;
    try {
      const memory = await this.#memoryOf(key, object);
      // Gone, which the watch will say too; or an API server that begins does not know the kind yet.
      if (memory === undefined) return { kind: 'again', afterMs: ABSENT_WAIT_MS };
      const action = decide(object, memory);
      if (action === undefined) return DONE;
      return this.#remember(key, object, await this.#performer.perform(action, object, memory));
    } catch (error) {
      // Gone meanwhile; the watch has not said so yet.
      if (hasReason(error, 'NotFound')) return DONE;
      throw error;
    }
  }

  async #memoryOf(key: string, object: AnyObject): Promise<Memory | undefined> {
    const known = this.#memories.get(key);
    // A uid of its own: deleted and made again under the same name.
    if (known?.uid === object.metadata.uid) return known;
    const memory = await this.#performer.recall(object);
    if (memory !== undefined && this.#objects.has(key)) this.#memories.set(key, memory);
    return memory;
  }

  #remember(key: string, worked: AnyObject, { memory, object, waitMs = 0, unsettled }: Outcome): Next {
    // What the watch has brought meanwhile is newer than what was worked on.
    if (object !== undefined && this.#objects.get(key) === worked) this.#objects.set(key, object);
    if (this.#objects.has(key)) this.#memories.set(key, memory);
    // Comes again with backoff.
    if (unsettled !== undefined) throw new Unsettled(unsettled);
    return { kind: 'again', afterMs: waitMs };
  }

  #failed(key: string, error: unknown, retryInMs: number): void {
    if (error instanceof Unsettled) {
      this.#log.warn({ ingress: key, reason: error.message, retryInMs }, 'federated ingress is tried again');
      return;
    }
    if (!(error instanceof KubernetesError)) {
      this.#log.error({ ingress: key, err: error, retryInMs }, 'hub controller failed');
      return;
    }
    // Somebody has written the object since; the watch brings it.
    if (error.failure.reason === 'Conflict') return;
    this.#log.warn({ ingress: key, reason: error.message, retryInMs }, 'hub cannot be written');
  }
}

/** The key of the FederatedIngress that has a hostname; undefined: it was given up. */
function ownerOf(globalIngress: AnyObject): string | undefined {
  const owner = recordAt(globalIngress, 'spec', 'owner');
  return owner && `${textAt(owner, 'namespace') ?? ''}/${textAt(owner, 'name') ?? ''}`;
}

/** The hostnames that a FederatedIngress needs: its host, and the preview host as the spec says it. */
function hostsOf(object: AnyObject | undefined): readonly string[] {
  const host = textAt(object, 'spec', 'host');
  if (host === undefined) return [];
  const preview = recordAt(object, 'spec', 'preview');
  return preview === undefined ? [host] : [host, textAt(preview, 'host') ?? `preview.${host}`];
}

/** Refused or not answered for now, which the object's status says. */
class Unsettled extends Error {
  override readonly name = 'Unsettled';
}
