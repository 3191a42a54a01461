import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  /** Why it is no use to wait any longer, if so. */
  readonly giveUp?: () => string | undefined;
}

export type Waited = { readonly kind: 'met' } | { readonly kind: 'failed'; readonly message: string };

/** How often a condition is looked at, milliseconds: start-ups here take between 0.1 s and a few seconds. */
const LOOK_MS = 50;

/** What a condition answers: met, or what is still missing. */
export type Condition = () => Promise<true | string>;

/** Waits until the condition is met; says what was missing when it was not in time. */
export async function waitUntil(condition: Condition, { timeoutMs, giveUp }: WaitOptions): Promise<Waited> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lost = giveUp?.();
    if (lost !== undefined) return { kind: 'failed', message: lost };
    const missing = await condition();
    if (missing === true) return { kind: 'met' };
    if (performance.now() > deadline)
      return { kind: 'failed', message: `not ready in ${timeoutMs / 1_000} s: ${missing}` };
    await sleep(LOOK_MS);
  }
}

/** Met when a GET of `url` answers 2xx. */
export function answers(url: string): Condition {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return response.ok ? true : `${url} answers ${response.status}`;
    } catch (error) {
      return `${url}: ${reasonOf(error)}`;
    }
  };
}

/** The innermost message: fetch hides "connection refused" in the cause of a "fetch failed". */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
