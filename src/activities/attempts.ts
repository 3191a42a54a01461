import { setTimeout as delay } from 'node:timers/promises';

export interface AttemptOptions {
  readonly signal: AbortSignal;
  readonly isRetryable: (error: Error) => boolean;
  readonly onRetry: (error: Error) => void;
  /** The last attempt begins then at the latest, milliseconds since the epoch. */
  readonly until?: number;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

/** Tries until it works, is refused for good, or the signal aborts. Waits longer each time, with jitter. */
export async function untilDone(act: (signal: AbortSignal) => Promise<void>, options: AttemptOptions): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    options.signal.throwIfAborted();
    try {
      return await act(options.signal);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof Error) || !options.isRetryable(error)) throw error;
      options.onRetry(error);
    }
    const longest = Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
    const left = options.until === undefined ? longest : Math.max(0, options.until - Date.now());
    await delay(Math.min(longest * (0.5 + Math.random() / 2), left), undefined, { signal: options.signal });
  }
}
