import { activityInfo, Context, heartbeat } from '@temporalio/activity';

/** How long the running activity may be silent. */
export function heartbeatTimeoutMs(): number {
  return activityInfo().heartbeatTimeoutMs ?? 10_000;
}

/** Of the timeout: between two heartbeats of what writes, whose end a rollback waits for, and of what only looks. */
const EVERY = { writing: 1 / 2, looking: 3 / 4 } as const;

/**
 * Runs `body` and heartbeats often enough for Temporal to notice a dead worker soon, and for a cancellation to reach
 * `cancellationSignal()`. A cancelled activity ends as cancelled, whatever its body threw for that.
 */
export async function heartbeating<T>(what: keyof typeof EVERY, body: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), heartbeatTimeoutMs() * EVERY[what]);
  try {
    return await body();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) await Context.current().cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}
