import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import { type Observed, observedSignal } from '../workflows/messages.ts';

/** Tells a workflow what its activity sees. Resolves when the workflow has it, or when the signal aborts. */
export type Report = (workflowId: string, observed: Observed, signal: AbortSignal) => Promise<void>;

/** A call that was late may have come in all the same, and then its repetition is one more task of the workflow. */
const CALL_DEADLINE_MS = 10_000;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
/** Several clusters tend to have the same to say at once; each signal is a task of the workflow. */
const GATHER_MS = 25;
/** How long a Temporal that cannot be reached is not worth a line in the log. */
const QUIET_MS = 15_000;

/**
 * Reports by signal, and goes on trying for as long as the activity lives: only news is reported, so what is not delivered
 * would not be said again.
 */
export function signalReport(client: Pick<Client, 'workflow' | 'withDeadline'>, log: Pick<Logger, 'warn'>): Report {
  return async (workflowId, observed, signal) => {
    const handle = client.workflow.getHandle(workflowId);
    const loudAt = Date.now() + QUIET_MS;
    let logged = false;
    for (let wait = RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_RETRY_MS)) {
      try {
        await client.withDeadline(Date.now() + CALL_DEADLINE_MS, () => handle.signal(observedSignal, observed));
        return;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return;
        if (!logged && Date.now() > loudAt) {
          log.warn({ workflowId, err: error }, 'cannot report to the workflow, and goes on trying');
          logged = true;
        }
        await delay(wait, undefined, { signal }).catch(() => undefined);
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
  readonly #signal: AbortSignal;
  readonly #workflowId = activityInfo().workflowExecution?.workflowId;
  #pending: Omit<Observed, 'watch'> | undefined;
  #sending: Promise<void> | undefined;

  /** When `signal` aborts, nobody wants to hear the rest. */
  constructor(report: Report, watch: string, signal = cancellationSignal()) {
    this.#report = report;
    this.#watch = watch;
    this.#signal = signal;
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
      if (this.#workflowId === undefined || this.#signal.aborted) continue;
      await this.#report(this.#workflowId, { watch: this.#watch, ...next }, this.#signal);
    }
    this.#sending = undefined;
  }
}

/** The newest word on each subject; what it waits for is what was said last. */
function join(before: Omit<Observed, 'watch'>, after: Omit<Observed, 'watch'>): Omit<Observed, 'watch'> {
  const readiness = newest([...(before.readiness ?? []), ...(after.readiness ?? [])], ({ backend }) => backend);
  const drift = newest([...(before.drift ?? []), ...(after.drift ?? [])], ({ ref }) => JSON.stringify(ref));
  const { placed, published } = { ...before, ...after };
  return {
    ...(readiness.length > 0 ? { readiness } : {}),
    ...(drift.length > 0 ? { drift } : {}),
    ...(placed ? { placed } : {}),
    ...(published ? { published } : {}),
    ...(after.waitsFor === undefined ? {} : { waitsFor: after.waitsFor }),
    ...(after.away === undefined ? {} : { away: after.away }),
  };
}

function newest<T>(all: readonly T[], keyOf: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [keyOf(one), one])).values()];
}
