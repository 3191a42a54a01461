import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import type { KubernetesObject } from './objects.ts';
import { describeSelection, type Selection } from './selection.ts';
import { WatchFollowers } from './watch-followers.ts';
import { runWatch, type WatchTimes } from './watch-loop.ts';
import type { ObjectKey, ObjectReport, WatchedState } from './watch-report.ts';

export type { ObjectKey, ObjectReport, WatchedState } from './watch-report.ts';

/**
 * The objects of one selection, watched for all who follow them. Objects are frozen, since all get the same ones, and
 * without `metadata.managedFields` unless the selection keeps it. Listeners are called one at a time, never from within
 * the call that adds them, and never again after their result was called. A listener that throws ends the process.
 */
export interface SharedWatch<T> {
  /** Tells what is known of one object now (at once, if something is) and from then on each change. The result ends it. */
  follow(key: ObjectKey, onReport: (report: ObjectReport<T>) => void): () => void;
  /** Tells the whole content, at once if it is known and after each change; a burst of changes is one call. */
  followAll(onChange: (state: WatchedState<T>) => void): () => void;
}

export interface WatchesOptions extends WatchTimes {
  /** How long a watch goes on without followers, since the next one often comes soon. */
  readonly lingerMs?: number;
}

const LINGER_MS = 30_000;

/** All watches of one cluster: one for each selection, which runs while it is followed. */
export class ClusterWatches {
  readonly #cluster: Cluster;
  readonly #options: WatchesOptions;
  readonly #watches = new Map<string, LingeringWatch<KubernetesObject>>();
  #closed = false;

  constructor(cluster: Cluster, options: WatchesOptions = {}) {
    this.#cluster = cluster;
    this.#options = options;
  }

  of<T extends KubernetesObject>(selection: Selection<T>): SharedWatch<T> {
    const { resource, namespace, fieldSelector, labelSelector, keep } = selection;
    const parts = [resource.apiVersion, resource.plural, namespace, fieldSelector, labelSelector, keep];
    const key = JSON.stringify(parts.map((part) => part ?? null));
    const found = this.#watches.get(key);
    // The key says which resource it is of, and that has one type.
    if (found) return found as unknown as SharedWatch<T>;
    const watch = new LingeringWatch(this.#cluster, selection, this.#options);
    this.#watches.set(key, watch as unknown as LingeringWatch<KubernetesObject>);
    if (this.#closed) watch.close();
    return watch;
  }

  /** Lists all again and watches from there: the credentials, or the API server itself, are others now. */
  restart(): void {
    for (const watch of this.#watches.values()) watch.restart();
  }

  /** Ends every watch. Who follows is told that the cluster is not registered any more. */
  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.close();
  }
}

class LingeringWatch<T extends KubernetesObject> implements SharedWatch<T> {
  readonly #cluster: Cluster;
  readonly #selection: Selection<T>;
  readonly #options: WatchesOptions;
  readonly #followers = new WatchFollowers<T>();
  #running: AbortController | undefined;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(cluster: Cluster, selection: Selection<T>, options: WatchesOptions) {
    this.#cluster = cluster;
    this.#selection = selection;
    this.#options = options;
  }

  follow(key: ObjectKey, onReport: (report: ObjectReport<T>) => void): () => void {
    return this.#followed(this.#followers.follow(key, onReport));
  }

  followAll(onChange: (state: WatchedState<T>) => void): () => void {
    return this.#followed(this.#followers.followAll(onChange));
  }

  restart(): void {
    if (!this.#running) return;
    this.#running.abort();
    this.#running = undefined;
    this.#start();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#linger);
    this.#running?.abort();
    this.#running = undefined;
    this.#followers.unreachable(
      new KubernetesError({
        cluster: this.#cluster.name,
        verb: 'watch',
        object: describeSelection(this.#selection),
        reason: 'NotRegistered',
        detail: 'the cluster is not registered any more',
        retryable: false,
      }),
    );
  }

  #followed(stop: () => void): () => void {
    clearTimeout(this.#linger);
    if (!this.#running && !this.#closed) this.#start();
    return () => {
      stop();
      if (!this.#followers.isEmpty || !this.#running) return;
      clearTimeout(this.#linger);
      this.#linger = setTimeout(() => this.#end(), this.#options.lingerMs ?? LINGER_MS).unref();
    };
  }

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    const { signal } = running;
    // Rejects for bugs only, which end the process.
    void runWatch(this.#cluster, this.#selection, { ...this.#options, sink: this.#followers, signal });
  }

  #end(): void {
    this.#running?.abort();
    this.#running = undefined;
    this.#followers.clear();
  }
}
