import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** What is waited for, for the message when it does not come. */
  readonly what: string;
  readonly timeoutMs?: number;
}

/** Waits until `look` sees something, and gives it back. What it saw last is in the error when the time is over. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, options: UntilOptions): Promise<T> {
  const end = Date.now() + (options.timeoutMs ?? 60_000);
  let last: unknown;
  do {
    try {
      const seen = await look();
      if (seen !== undefined) return seen;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await delay(25);
  } while (Date.now() < end);
  const detail = last instanceof Error ? `: ${last.message}` : '';
  throw new Error(`did not come about in time: ${options.what}${detail}`, { cause: last });
}
