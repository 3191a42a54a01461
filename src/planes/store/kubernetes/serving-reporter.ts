import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { backoffMs } from '../../../lib/kubernetes/backoff.ts';
import type { RegisteredCluster } from '../../../lib/kubernetes/cluster-registry.ts';
import { KubernetesError } from '../../../lib/kubernetes/errors.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { applyObject } from '../../../lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../../lib/kubernetes/resources.ts';
import { globalIngressRef } from './object.ts';
import { reportedBy, type ServedRevision, statusManifest } from './serving-status.ts';

export interface ServingReporterOptions {
  readonly hub: RegisteredCluster;
  /** Who reports, such as `dns-1/192.0.2.53:53`. Two that run at once need two names. */
  readonly instance: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Tells the hub what one instance of a plane serves. Nothing that serves waits for it. */
export interface ServingReporter {
  /** This revision of the hostname is in force here. */
  served(host: string, revision: number): void;
  /** Nothing is served for the hostname here any more. */
  removed(host: string): void;
  /** Ends it; what is served is then no longer told. */
  close(): Promise<void>;
}

/** A new instance has everything to tell: this bounds what it asks of the hub, requests per second. */
const REPORTS_PER_SECOND = 50;
/** The same request would fail in the same way: it is told again when the object has changed. */
const HOPELESS: readonly (number | undefined)[] = [400, 404, 422];
/** Field managers are 128 characters at most. */
const LONGEST_MANAGER = 128;

/**
 * Keeps this instance's entry in `status.instances` of every GlobalIngress as it is: by server-side apply, under a field manager of its
 * own, so that instances do not touch each other's entries. Several changes of one hostname are told once, and what the hub knows already is not told.
 */
export function createServingReporter(options: ServingReporterOptions): ServingReporter {
  const reporter = new Reporter(options);
  const stop = options.hub.watches.of({ resource: GLOBAL_INGRESS }).followAll(({ objects, unreachable }) => {
    if (unreachable === undefined) reporter.take(objects);
  });
  return {
    served: (host, revision) => reporter.served(host, revision),
    removed: (host) => reporter.removed(host),
    async close() {
      stop();
      await reporter.close();
    },
  };
}

class Reporter {
  readonly #options: ServingReporterOptions;
  readonly #manager: string;
  readonly #stopped = new AbortController();
  readonly #served = new Map<string, ServedRevision>();
  /** What the hub has of this instance, by hostname; undefined where it has the object and nothing of us in it. */
  #told = new Map<string, number | undefined>();
  /** Hostnames whose entry may be another one than it should be. */
  readonly #due = new Set<string>();
  #working: Promise<void> | undefined;
  #failures = 0;

  constructor(options: ServingReporterOptions) {
    this.#options = options;
    this.#manager = `sluice-dns-${options.instance}`.slice(0, LONGEST_MANAGER);
  }

  served(host: string, revision: number): void {
    if (this.#served.get(host)?.revision === revision) return;
    this.#served.set(host, { revision, at: (this.#options.now ?? Date.now)() });
    this.#wake(host);
  }

  removed(host: string): void {
    if (this.#served.delete(host)) this.#wake(host);
  }

  /** `objects` are all GlobalIngresses of the hub. */
  take(objects: readonly AnyObject[]): void {
    const { instance } = this.#options;
    this.#told = new Map(objects.map((object) => [object.metadata.name, reportedBy(object, instance)]));
    for (const host of this.#told.keys()) this.#wake(host);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#working;
  }

  #wake(host: string): void {
    if (!this.#isDue(host) || this.#stopped.signal.aborted) return;
    this.#due.add(host);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** A hostname that the hub does not have is told when it has it. */
  #isDue(host: string): boolean {
    return this.#told.has(host) && this.#told.get(host) !== this.#served.get(host)?.revision;
  }

  async #work(): Promise<void> {
    // Changes of one turn are told together.
    await this.#pause(1_000 / REPORTS_PER_SECOND);
    for (const host of this.#due) {
      if (this.#stopped.signal.aborted) return;
      this.#due.delete(host);
      if (this.#isDue(host)) await this.#tell(host);
    }
  }

  async #tell(host: string): Promise<void> {
    const { hub, instance, log } = this.#options;
    const served = this.#served.get(host);
    try {
      await applyObject(hub, globalIngressRef(host), {
        manifest: statusManifest(host, instance, served),
        fieldManager: this.#manager,
        subresource: 'status',
        force: true,
        signal: this.#stopped.signal,
      });
      if (this.#told.has(host)) this.#told.set(host, served?.revision);
      this.#failures = 0;
      await this.#pause(1_000 / REPORTS_PER_SECOND);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      if (!(error instanceof KubernetesError)) throw error;
      // Not once a hostname: the log says it when it begins.
      if (this.#failures === 0) log.warn({ err: error, host }, 'hub cannot be told what is served');
      if (HOPELESS.includes(error.failure.status)) return;
      this.#due.add(host);
      await this.#pause(backoffMs(this.#failures, Math.random(), error.failure.retryAfterSeconds));
      this.#failures += 1;
    }
  }

  async #pause(ms: number): Promise<void> {
    // Called off: whoever paused looks at the signal.
    await delay(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
