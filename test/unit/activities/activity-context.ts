import { asyncLocalStorage, CancelledFailure, Context } from '@temporalio/activity';

interface Info {
  readonly attempt?: number;
  /** Milliseconds since the epoch. */
  readonly scheduledAt?: number;
  /** When its first attempt was; the same when absent. */
  readonly firstScheduledAt?: number;
  readonly heartbeatTimeoutMs?: number;
}

/** Runs a body as an activity of one workflow, without a Temporal. */
export function asActivity(
  { attempt = 1, scheduledAt = 0, firstScheduledAt = scheduledAt, heartbeatTimeoutMs = 10_000 }: Info,
  body: () => Promise<void>,
) {
  const cancellation = new AbortController();
  const cancelled = Promise.withResolvers<never>();
  cancelled.promise.catch(() => undefined);
  const info = {
    attempt,
    heartbeatTimeoutMs,
    scheduledTimestampMs: firstScheduledAt,
    currentAttemptScheduledTimestampMs: scheduledAt,
    workflowExecution: { workflowId: 'federatedingress/default/shop', runId: 'one' },
  };
  let heartbeats = 0;
  const unused: never = undefined as never;
  const context = new Context(
    info as never,
    cancelled.promise,
    cancellation.signal,
    () => {
      heartbeats += 1;
    },
    unused,
    unused,
    unused,
    unused,
  );
  const ended = asyncLocalStorage.run(context, body).then(
    () => 'completed',
    (error: unknown) => (error instanceof CancelledFailure ? 'cancelled' : error),
  );
  return {
    ended,
    heartbeats: () => heartbeats,
    async cancel(): Promise<void> {
      cancellation.abort(new CancelledFailure('CANCELLED'));
      cancelled.reject(new CancelledFailure('CANCELLED'));
      await ended;
    },
  };
}
