import { isDeepStrictEqual } from 'node:util';
import type { RegisteredCluster } from '../../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS } from '../../../lib/kubernetes/resources.ts';
import { compareText } from '../../../plan/backend-id.ts';
import type { GlobalIngress } from '../../../plan/global-ingress.ts';
import { claimedState } from '../document.ts';
import { readObject } from './object.ts';

export interface WatchObjectsOptions {
  onChange(all: readonly GlobalIngress[]): void;
  onError(error: Error): void;
  /** What was read before, by an earlier process too: holds for each of these hostnames until its object says otherwise. */
  readonly known: readonly GlobalIngress[];
}

/** Follows the GlobalIngress objects of the hub until the result is called. */
export function watchObjects(hub: RegisteredCluster, options: WatchObjectsOptions): () => void {
  const follower = new Follower(options);
  return hub.watches.of({ resource: GLOBAL_INGRESS }).followAll(({ objects, unreachable }) => {
    if (unreachable === undefined) follower.take(objects);
    else follower.report('', unreachable);
  });
}

class Follower {
  readonly #options: WatchObjectsOptions;
  /** What was last read of each claimed hostname. Unchanged hostnames keep their object. */
  readonly #known: Map<string, GlobalIngress>;
  /** Which version of each object was read: reports of what is served are in its status and change nothing here. */
  readonly #versions = new Map<string, string>();
  /** The objects of the last call, most of which are in the next one as they are. */
  #objects: ReadonlySet<AnyObject> = new Set();
  readonly #reported = new Map<string, string>();
  #announced = false;

  constructor(options: WatchObjectsOptions) {
    this.#options = options;
    this.#known = new Map(options.known.map((state) => [state.host, state]));
  }

  /** `objects` are all that there are. */
  take(objects: readonly AnyObject[]): void {
    this.#reported.delete('');
    let changed = !this.#announced;
    for (const object of objects) if (!this.#objects.has(object)) changed = this.#read(object) || changed;
    this.#objects = new Set(objects);
    this.#noteMissing(new Set(objects.map(({ metadata }) => metadata.name)));
    if (!changed) return;
    this.#announced = true;
    this.#options.onChange([...this.#known.values()].sort((left, right) => compareText(left.host, right.host)));
  }

  /** Once for each new trouble, not once a change. */
  report(about: string, error: Error): void {
    if (this.#reported.get(about) === error.message) return;
    this.#reported.set(about, error.message);
    this.#options.onError(error);
  }

  /** True when the hostname's state is another one than before. */
  #read(object: AnyObject): boolean {
    const { name: host } = object.metadata;
    const version = versionOf(object);
    if (this.#versions.get(host) === version) return false;
    this.#versions.set(host, version);
    const reading = readObject(object);
    if (reading.kind === 'unreadable') {
      this.report(host, new Error(`${reading.reason}; ${this.#known.has(host) ? KEPT : 'nothing is served for it'}`));
      return false;
    }
    this.#reported.delete(host);
    const state = claimedState(reading.document);
    if (state === undefined) return this.#known.delete(host);
    if (isDeepStrictEqual(this.#known.get(host), state)) return false;
    this.#known.set(host, state);
    return true;
  }

  /** Only a release takes a hostname away: it leaves an object without an owner. */
  #noteMissing(there: ReadonlySet<string>): void {
    for (const host of this.#versions.keys()) if (!there.has(host)) this.#versions.delete(host);
    for (const host of this.#known.keys())
      if (!there.has(host)) this.report(host, new Error(`GlobalIngress ${host} is gone and was not released; ${KEPT}`));
  }
}

const KEPT = 'what was read before is kept';

/** The API server raises the generation with each change of the spec, and with nothing else. */
function versionOf({ metadata }: AnyObject): string {
  const { uid, generation, labels, annotations } = metadata;
  return JSON.stringify([uid, generation, labels, annotations]);
}
