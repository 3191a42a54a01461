import { setTimeout as delay } from 'node:timers/promises';

/** For `vi.waitFor`, whose own second is too short for a busy machine: this is what only a wait in vain takes. */
export const SOON = { timeout: 15_000 };

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
