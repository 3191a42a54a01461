/** Keeps one task running for each key: starts those that are new, stops those whose key is gone. Tasks do not fail. */
export class KeyedTasks {
  readonly #run: (key: string, signal: AbortSignal) => Promise<void>;
  readonly #running = new Map<string, { readonly stopping: AbortController; readonly done: Promise<void> }>();

  constructor(run: (key: string, signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  /** From now on tasks run for exactly these keys. */
  keep(keys: readonly string[]): void {
    for (const [key, { stopping }] of this.#running) {
      if (keys.includes(key)) continue;
      stopping.abort();
      this.#running.delete(key);
    }
    for (const key of keys) {
      if (this.#running.has(key)) continue;
      const stopping = new AbortController();
      this.#running.set(key, { stopping, done: this.#run(key, stopping.signal) });
    }
  }

  /** Stops all tasks and waits until they have ended. */
  async stop(): Promise<void> {
    const tasks = [...this.#running.values()];
    this.keep([]);
    await Promise.all(tasks.map(({ done }) => done));
  }
}
