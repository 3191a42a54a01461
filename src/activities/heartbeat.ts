import { activityInfo, Context, heartbeat } from '@temporalio/activity';

/** How long the running activity may be silent. */
export function heartbeatTimeoutMs(): number {
  return activityInfo().heartbeatTimeoutMs ?? 10_000;
}

/**
 * Runs `body` and heartbeats often enough for Temporal to notice a dead worker soon, and for a cancellation to reach
 * `cancellationSignal()`. A cancelled activity ends as cancelled, whatever its body threw for that.
 */
export async function heartbeating<T>(body: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => heartbeat(), heartbeatTimeoutMs() / 4);
  try {
    return await body();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) await Context.current().cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}
