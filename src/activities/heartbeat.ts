import { activityInfo, Context, heartbeat } from '@temporalio/activity';

/**
 * Runs `body` and heartbeats often enough for Temporal to notice a dead worker soon, and for a cancellation to reach
 * `cancellationSignal()`. A cancelled activity ends as cancelled, whatever its body threw for that.
 */
export async function heartbeating<T>(body: () => Promise<T>): Promise<T> {
  const timeoutMs = activityInfo().heartbeatTimeoutMs ?? 10_000;
  const timer = setInterval(() => heartbeat(), timeoutMs / 4);
  try {
    return await body();
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) await Context.current().cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}
