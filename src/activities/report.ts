import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import { type Observed, observedSignal } from '../workflows/messages.ts';

/** Tells a workflow what its activity sees. Resolves when the workflow has it. */
export type Report = (workflowId: string, observed: Observed) => Promise<void>;

const CALL_DEADLINE_MS = 5_000;
const RETRY_MS = 500;
/** Several clusters tend to have the same to say at once; each signal is a task of the workflow. */
const GATHER_MS = 25;
/**
 * Longer than the heartbeat time-out of any activity that reports: when Temporal is away for longer, the activity begins
 * anew afterwards and reports everything again.
 */
const PATIENCE_MS = 15_000;

/** Reports by signal, and tries again for a while when Temporal cannot be reached. */
export function signalReport(client: Client, log: Logger): Report {
  return async (workflowId, observed) => {
    const handle = client.workflow.getHandle(workflowId);
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await client.withDeadline(Date.now() + CALL_DEADLINE_MS, () => handle.signal(observedSignal, observed));
        return;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return;
        if (Date.now() < end) await delay(RETRY_MS);
        else return log.warn({ workflowId, err: error }, 'cannot report to the workflow');
      }
    }
  };
}

/**
 * Keeps one report in flight at a time; what is said meanwhile is joined. So a burst of changes is one signal, and the
 * order stays. To be made in the activity itself: what it hears of later may be called from anywhere, such as from a watch
 * that another activity has begun.
 */
export class Reporter {
  readonly #report: Report;
  readonly #watch: string;
  readonly #workflowId = activityInfo().workflowExecution?.workflowId;
  #pending: Omit<Observed, 'watch'> | undefined;
  #sending: Promise<void> | undefined;

  constructor(report: Report, watch: string) {
    this.#report = report;
    this.#watch = watch;
  }

  say(observed: Omit<Observed, 'watch'>): void {
    this.#pending = this.#pending === undefined ? observed : join(this.#pending, observed);
    this.#sending ??= this.#send();
  }

  /** Resolves when everything said so far is delivered. */
  async flush(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    await delay(GATHER_MS);
    while (this.#pending) {
      const next = this.#pending;
      this.#pending = undefined;
      if (this.#workflowId !== undefined) await this.#report(this.#workflowId, { watch: this.#watch, ...next });
    }
    this.#sending = undefined;
  }
}

/** The newest word on each subject; what it waits for is what was said last. */
function join(before: Omit<Observed, 'watch'>, after: Omit<Observed, 'watch'>): Omit<Observed, 'watch'> {
  const readiness = newest([...(before.readiness ?? []), ...(after.readiness ?? [])], ({ backend }) => backend);
  const drift = newest([...(before.drift ?? []), ...(after.drift ?? [])], ({ ref }) => JSON.stringify(ref));
  const placed = after.placed ?? before.placed;
  return {
    ...(readiness.length > 0 ? { readiness } : {}),
    ...(drift.length > 0 ? { drift } : {}),
    ...(placed ? { placed } : {}),
    ...(after.waitsFor === undefined ? {} : { waitsFor: after.waitsFor }),
  };
}

function newest<T>(all: readonly T[], keyOf: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}
