import type { KubernetesError } from './errors.ts';
import type { KubernetesObject } from './objects.ts';
import type { WatchSink } from './watch-loop.ts';
import type { ObjectKey, ObjectReport, WatchedState } from './watch-report.ts';

/** How long changes are gathered for those who want the whole, milliseconds: a burst of events is one call for them. */
const GATHER_MS = 50;

interface Follower<T> {
  readonly onReport: (report: ObjectReport<T>) => void;
  /** What was said last, so that nothing is said twice. */
  last?: string;
}

interface WholeFollower<T> {
  readonly onChange: (state: WatchedState<T>) => void;
  last?: WatchedState<T>;
}

/** What a watch knows, and who is told. Listeners are called one after the other, never from within `follow`. */
export class WatchFollowers<T extends KubernetesObject> implements WatchSink<T> {
  #objects = new Map<string, T>();
  #listed = false;
  #unreachable: KubernetesError | undefined;
  /** The whole as it is now; undefined when it has changed since it was put together. */
  #state: WatchedState<T> | undefined;
  #gathering: NodeJS.Timeout | undefined;
  readonly #followers = new Map<string, Set<Follower<T>>>();
  readonly #wholeFollowers = new Set<WholeFollower<T>>();

  get isEmpty(): boolean {
    return this.#followers.size === 0 && this.#wholeFollowers.size === 0;
  }

  follow(key: ObjectKey, onReport: (report: ObjectReport<T>) => void): () => void {
    const id = idOf(key);
    const follower: Follower<T> = { onReport };
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers.add(follower));
    queueMicrotask(() => this.#tell(id, follower));
    return () => {
      followers.delete(follower);
      if (followers.size === 0 && this.#followers.get(id) === followers) this.#followers.delete(id);
    };
  }

  followAll(onChange: (state: WatchedState<T>) => void): () => void {
    const follower: WholeFollower<T> = { onChange };
    this.#wholeFollowers.add(follower);
    queueMicrotask(() => this.#tellWhole(follower));
    return () => {
      this.#wholeFollowers.delete(follower);
    };
  }

  listed(objects: readonly T[]): void {
    const before = this.#objects;
    const news = !this.#listed || this.#unreachable || !isSame(before, objects);
    this.#objects = new Map(objects.map((object) => [idOf(object.metadata), object]));
    this.#listed = true;
    this.#unreachable = undefined;
    if (news) this.#tellEverybody();
  }

  changed(object: T): void {
    const id = idOf(object.metadata);
    this.#objects.set(id, object);
    this.#tellOf(id);
  }

  removed(object: T): void {
    const id = idOf(object.metadata);
    if (this.#objects.delete(id)) this.#tellOf(id);
  }

  unreachable(error: KubernetesError): void {
    const news = this.#unreachable?.message !== error.message;
    this.#unreachable = error;
    if (news) this.#tellEverybody();
  }

  /** Forgets everything, once nobody follows. */
  clear(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#objects = new Map();
    this.#listed = false;
    this.#unreachable = undefined;
    this.#state = undefined;
  }

  #tellEverybody(): void {
    this.#gather();
    for (const [id, followers] of Array.from(this.#followers))
      for (const one of Array.from(followers)) this.#tell(id, one);
  }

  #tellOf(id: string): void {
    this.#gather();
    for (const follower of Array.from(this.#followers.get(id) ?? [])) this.#tell(id, follower);
  }

  #tell(id: string, follower: Follower<T>): void {
    const report = this.#reportOf(id);
    if (!report || this.#followers.get(id)?.has(follower) !== true) return;
    const said = describe(report);
    if (said === follower.last) return;
    follower.last = said;
    call(() => follower.onReport(report));
  }

  #reportOf(id: string): ObjectReport<T> | undefined {
    if (this.#unreachable) return { kind: 'unreachable', error: this.#unreachable };
    if (!this.#listed) return undefined;
    const object = this.#objects.get(id);
    return object ? { kind: 'object', object } : { kind: 'gone' };
  }

  #gather(): void {
    this.#state = undefined;
    if (this.#wholeFollowers.size === 0) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      for (const follower of Array.from(this.#wholeFollowers)) this.#tellWhole(follower);
    }, GATHER_MS);
  }

  #tellWhole(follower: WholeFollower<T>): void {
    if (!this.#wholeFollowers.has(follower) || (!this.#listed && !this.#unreachable)) return;
    const unreachable = this.#unreachable;
    this.#state ??= { objects: [...this.#objects.values()], ...(unreachable && { unreachable }) };
    const state = this.#state;
    if (follower.last === state) return;
    follower.last = state;
    call(() => follower.onChange(state));
  }
}

function idOf({ namespace = '', name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function describe(report: ObjectReport<KubernetesObject>): string {
  if (report.kind === 'object') return versionOf(report.object);
  return report.kind === 'gone' ? 'gone' : report.error.message;
}

function versionOf({ metadata }: KubernetesObject): string {
  return `${metadata.uid} ${metadata.resourceVersion}`;
}

function isSame(before: ReadonlyMap<string, KubernetesObject>, now: readonly KubernetesObject[]): boolean {
  const isKnown = (object: KubernetesObject): boolean => {
    const known = before.get(idOf(object.metadata));
    return known !== undefined && versionOf(known) === versionOf(object);
  };
  return now.length === before.size && now.every(isKnown);
}

/** A listener that throws is a bug: it ends the process as any other, after the others have been told. */
function call(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
