import pLimit from 'p-limit';
import { backoffMs } from '../lib/kubernetes/backoff.ts';

/** What is next for a key: nothing until it is woken, or another round after some time. */
export type Next = { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number };

export const DONE: Next = { kind: 'done' };

interface KeyedWorkerOptions {
  /** One round for a key; it looks at whatever is newest. What it throws is tried again with backoff. */
  readonly work: (key: string) => Promise<Next>;
  /** Rounds at one time, of all keys together. */
  readonly concurrency: number;
  /** Hears of each round that failed. */
  readonly onFailure?: (key: string, error: unknown, retryInMs: number) => void;
  readonly random?: () => number;
}

interface State {
  running: boolean;
  /** Woken while it ran: what it looked at may be old. */
  woken: 'no' | 'patiently' | 'now';
  failures: number;
  timer?: NodeJS.Timeout;
}

/** Does work for many keys, never two rounds of one key at once. A key that fails does not hold up the others. */
export class KeyedWorker {
  readonly #options: KeyedWorkerOptions;
  readonly #limit: ReturnType<typeof pLimit>;
  readonly #states = new Map<string, State>();
  readonly #rounds = new Set<Promise<void>>();
  #closed = false;

  constructor(options: KeyedWorkerOptions) {
    this.#options = options;
    this.#limit = pLimit(options.concurrency);
  }

  /** A round now, or after the one that runs. `patient`: not before the wait after a failure is over. */
  wake(key: string, options: { readonly patient?: boolean } = {}): void {
    if (this.#closed) return;
    const state = this.#states.get(key) ?? { running: false, woken: 'no', failures: 0 };
    this.#states.set(key, state);
    if (state.running) {
      state.woken = options.patient === true && state.woken !== 'now' ? 'patiently' : 'now';
      return;
    }
    if (options.patient === true && state.timer !== undefined) return;
    this.#start(key, state);
  }

  /** Begins no more rounds; resolves when those that run have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#states.values()) clearTimeout(timer);
    this.#limit.clearQueue();
    await Promise.all(this.#rounds);
  }

  #start(key: string, state: State): void {
    clearTimeout(state.timer);
    delete state.timer;
    state.running = true;
    state.woken = 'no';
    // A queued round that `close` strikes off never settles, so only those that run are waited for.
    void this.#limit(() => {
      const round = this.#round(key, state);
      this.#rounds.add(round);
      return round.finally(() => this.#rounds.delete(round));
    });
  }

  async #round(key: string, state: State): Promise<void> {
    state.woken = 'no';
    const next = await this.#attempt(key, state);
    state.running = false;
    if (this.#closed) return;
    if (isWoken(state)) this.#start(key, state);
    else if (next.kind === 'again') state.timer = setTimeout(() => this.#start(key, state), next.afterMs);
    else this.#states.delete(key);
  }

  async #attempt(key: string, state: State): Promise<Next> {
    try {
      const next = await this.#options.work(key);
      state.failures = 0;
      return next;
    } catch (error) {
      const afterMs = backoffMs(state.failures, (this.#options.random ?? Math.random)());
      state.failures += 1;
      this.#options.onFailure?.(key, error, afterMs);
      return { kind: 'again', afterMs };
    }
  }
}

function isWoken({ woken, failures }: State): boolean {
  return woken === 'now' || (woken === 'patiently' && failures === 0);
}
