import { setTimeout as delay } from 'node:timers/promises';

/** So many shifts at one time do as each would alone. */
const FEW = 8;
/** So many that begin within this time are a rush. */
const RUSH_MS = 500;
/** The longest that one waits for a rush to be over. */
const LONGEST_MS = 5_000;

/** The shifts of traffic of one worker: of many at once, what clients see goes first, and what follows from it after that. */
export class Crowd {
  /** Hostnames that planes do not serve yet as they should. */
  readonly #hosts = new Set<string>();
  /** When the last few began, by `performance.now`, oldest first. */
  #begun: readonly number[] = [];

  /** Runs `body`, which ends when all planes serve the hostname as they should. */
  async shifting<T>(host: string, body: () => Promise<T>): Promise<T> {
    this.#hosts.add(host);
    this.#begun = [...this.#begun, performance.now()].slice(-FEW);
    try {
      return await body();
    } finally {
      this.#hosts.delete(host);
    }
  }

  /** How many times as long as one alone each should wait before it asks planes again, so that they have the machine. */
  get slowness(): number {
    return Math.max(1, this.#hosts.size / FEW);
  }

  /** Until others do not need the machine for their traffic; at once unless there is a rush. */
  async untilCalm(signal: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + LONGEST_MS;
    for (;;) {
      const leftMs = Math.min(this.#calmAt(), giveUpAt) - performance.now();
      if (leftMs <= 0) return;
      await delay(leftMs, undefined, { signal });
    }
  }

  #calmAt(): number {
    const [oldest] = this.#begun;
    return oldest === undefined || this.#begun.length < FEW ? 0 : oldest + RUSH_MS;
  }
}
