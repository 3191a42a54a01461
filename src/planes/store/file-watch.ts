import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { compareText } from '../../plan/backend-id.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { claimedState } from './document.ts';
import { type Newest, readNewest } from './generations.ts';

/** Changes are pushed by inotify; this finds what a killed writer could not announce any more. */
const RESCAN_MS = 5_000;
/** A large store is looked through less often, so that looking costs a few per cent of a core at most. */
const RESCAN_MS_A_HOST = 10;
const PARALLEL_READS = 32;

export interface WatchFilesOptions {
  isHost(name: string): boolean;
  onChange(all: readonly GlobalIngress[]): void;
  onError(error: Error): void;
  /** What was read before, by an earlier process too: holds for each of these hostnames until its files say otherwise. */
  readonly known: readonly GlobalIngress[];
}

/** A hostname whose files are all damaged: it exists, and nobody knows its state. */
class UnreadableHostError extends Error {
  override readonly name = 'UnreadableHostError';
  readonly host: string;

  constructor(host: string, damaged: readonly string[]) {
    super(`the state of ${host} is damaged in all its files: ${damaged.join(', ')}`);
    this.host = host;
  }
}

/** Follows the store's folder until the result is called. Makes the folder when it is missing. */
export function watchFiles(directory: string, options: WatchFilesOptions): () => void {
  const follower = new Follower(directory, options);
  follower.start();
  return () => follower.stop();
}

class Follower {
  readonly #directory: string;
  readonly #options: WatchFilesOptions;
  /** What was last read of each claimed hostname. Unchanged hostnames keep their object. */
  readonly #known: Map<string, GlobalIngress>;
  readonly #reported = new Map<string, string>();
  readonly #changed = new Set<string>();
  #rescan = true;
  #working = false;
  #stopped = false;
  #announced = false;
  #watcher: { readonly inode: number; readonly handle: FSWatcher } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, options: WatchFilesOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#known = new Map(options.known.map((state) => [state.host, state]));
  }

  start(): void {
    this.#wake('rescan');
    this.#scheduleRescan();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#watcher?.handle.close();
  }

  #scheduleRescan(): void {
    this.#timer = setTimeout(
      () => {
        this.#wake('rescan');
        this.#scheduleRescan();
      },
      Math.max(RESCAN_MS, this.#known.size * RESCAN_MS_A_HOST),
    );
  }

  #wake(what: 'rescan' | { readonly host: string }): void {
    if (what === 'rescan') this.#rescan = true;
    else this.#changed.add(what.host);
    if (!this.#working) void this.#work();
  }

  /** One at a time, until nothing is left to read. */
  async #work(): Promise<void> {
    this.#working = true;
    while (!this.#stopped && (this.#rescan || this.#changed.size > 0)) {
      try {
        await this.#readChanges();
        this.#reported.delete('');
      } catch (error) {
        this.#report('', error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#working = false;
  }

  async #readChanges(): Promise<void> {
    // Events of one turn are read together.
    await nextTurn();
    const full = this.#rescan;
    this.#rescan = false;
    const hosts = new Set(this.#changed);
    this.#changed.clear();
    if (full) for (const host of await this.#scan()) hosts.add(host);
    const limit = pLimit(PARALLEL_READS);
    const changes = await limit.map([...hosts], (host) => this.#readHost(host));
    if (this.#stopped || (this.#announced && !changes.includes(true))) return;
    this.#announced = true;
    this.#options.onChange([...this.#known.values()].sort((left, right) => compareText(left.host, right.host)));
  }

  /** Every hostname on disk or in memory. Watches the folder first, so that nothing slips between list and watch. */
  async #scan(): Promise<readonly string[]> {
    // Only at the start: a folder that vanishes later is a fault to report, not an empty store.
    if (!this.#announced) await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const { ino } = await stat(this.#directory);
    if (this.#watcher?.inode !== ino) this.#watch(ino);
    return [...(await readdir(this.#directory)).filter((name) => this.#options.isHost(name)), ...this.#known.keys()];
  }

  #watch(inode: number): void {
    this.#watcher?.handle.close();
    const handle = watch(this.#directory, (_event, name) => {
      if (name === null) this.#wake('rescan');
      else if (this.#options.isHost(name)) this.#wake({ host: name });
    });
    handle.on('error', () => this.#wake('rescan'));
    this.#watcher = { inode, handle };
  }

  /** True when the hostname's state is another one than before. */
  async #readHost(host: string): Promise<boolean> {
    const { document, damaged } = await readNewest(this.#directory, host);
    const trouble = this.#trouble(host, { document, damaged });
    if (trouble === undefined) this.#reported.delete(host);
    else this.#report(host, trouble);
    // Neither unreadable nor absent is gone, only a release is: what was read before still holds.
    if (document === undefined) return false;
    const state = claimedState(document);
    const known = this.#known.get(host);
    // The newest file is unreadable: another one counts only if it is newer than what was read before.
    if (damaged.length > 0 && known && known.revision >= (state?.revision ?? 0)) return false;
    if (state === undefined) return this.#known.delete(host);
    if (isDeepStrictEqual(known, state)) return false;
    this.#known.set(host, state);
    return true;
  }

  #trouble(host: string, { document, damaged }: Pick<Newest, 'document' | 'damaged'>): Error | undefined {
    if (damaged.length > 0) return damage(host, damaged, document !== undefined);
    if (document !== undefined || !this.#known.has(host)) return undefined;
    return new Error(`the files of ${host} are gone and it was not released; what was read before is kept`);
  }

  /** Once for each new trouble, not once a rescan. */
  #report(about: string, error: Error): void {
    if (this.#reported.get(about) === error.message) return;
    this.#reported.set(about, error.message);
    this.#options.onError(error);
  }
}

function damage(host: string, damaged: readonly string[], recovered: boolean): Error {
  if (!recovered) return new UnreadableHostError(host, damaged);
  return new Error(`${host}: ${damaged.join(', ')} is damaged; the newest state that could be read is used`);
}
