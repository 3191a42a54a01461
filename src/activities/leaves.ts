import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import type { LeafRef } from '../plan/types.ts';
import { LeafError } from '../planes/leaf/errors.ts';
import type { LeafIntent, LeafPlane } from '../planes/leaf/leaf.ts';
import { untilDone } from './attempts.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities, Missed } from './types.ts';
import { Waits } from './waits.ts';

type LeafActivities = Pick<Activities, 'applyLeaves' | 'removeLeaves'>;

export function leafActivities({ leaves: plane, report }: ActivityDependencies): LeafActivities {
  return {
    applyLeaves: ({ watch, leaves, observed, giveUpAt, refusing = [], refusalsFail = giveUpAt === undefined }) =>
      inAllClusters(
        leaves.map((intent) => ({
          ref: intent.ref,
          act: async (signal) => {
            await plane.apply(intent, signal);
            if (observed) await plane.observed(intent.ref, signal);
          },
        })),
        {
          reporter: new Reporter(report, watch),
          isRetryable: (error) => error.retryable,
          giveUpAt,
          refusalsFail,
          refusing,
        },
      ),
    removeLeaves: ({ watch, owner, leaves, giveUpAt }) =>
      inAllClusters(
        // What refers to others goes before them: the order of writing backwards.
        leaves.toReversed().map((ref) => ({ ref, act: (signal) => plane.remove(ref, owner, signal) })),
        // Traffic has left for good by now: there is no way back, and what is in the way can be mended.
        { reporter: new Reporter(report, watch), isRetryable: () => true, giveUpAt, refusalsFail: false, refusing: [] },
      ),
  };
}

/** For so long a controller that works may need to take up a write. */
const AT_ONCE_MS = 2_000;

/** Writes leaves in all clusters at once, each once. Whether all of them were taken up as written, before `signal` aborts too. */
export async function takenUpAtOnce(
  plane: LeafPlane,
  leaves: readonly LeafIntent[],
  signal: AbortSignal,
): Promise<boolean> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(AT_ONCE_MS)]);
  const inOneCluster = async (own: readonly LeafIntent[]): Promise<void> => {
    for (const intent of own) {
      await plane.apply(intent, either);
      await plane.observed(intent.ref, either);
    }
  };
  const clusters = [...Map.groupBy(leaves, ({ ref }) => ref.cluster).values()];
  const outcomes = await Promise.allSettled(clusters.map(inOneCluster));
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected' && !either.aborted && !(outcome.reason instanceof LeafError))
      throw outcome.reason;
  }
  return !signal.aborted && outcomes.every(({ status }) => status === 'fulfilled');
}

interface LeafTask {
  readonly ref: LeafRef;
  readonly act: (signal: AbortSignal) => Promise<void>;
}

interface Attempts {
  readonly reporter: Reporter;
  readonly isRetryable: (error: LeafError) => boolean;
  /** Milliseconds since the epoch; undefined: never. */
  readonly giveUpAt: number | undefined;
  /** What is refused for good is not only missed. */
  readonly refusalsFail: boolean;
  /** Clusters where it is only missed all the same. */
  readonly refusing: readonly string[];
}

/**
 * Works in all clusters at once, in each one leaf after the other. A cluster that does not answer holds up no other; it is
 * tried again until the activity is cancelled or the time is up. One that refuses for good ends the attempts on all.
 */
async function inAllClusters(tasks: readonly LeafTask[], attempts: Attempts): Promise<Missed> {
  const refused = new AbortController();
  const signal = AbortSignal.any([cancellationSignal(), refused.signal]);
  const waits = new Waits(attempts.reporter);
  const missed: LeafRef[] = [];
  const why: Record<string, string> = {};
  const inOneCluster = async (own: readonly LeafTask[]): Promise<void> => {
    for (const task of own) {
      const outcome = await attempt(task, { ...attempts, waits, signal }).catch((error: unknown) => {
        refused.abort(error);
        throw leafFailure(error, task.ref);
      });
      if (outcome.kind === 'done') continue;
      missed.push(task.ref);
      why[task.ref.cluster] = outcome.why;
    }
  };
  return await heartbeating('writing', async () => {
    const clusters = Map.groupBy(tasks, ({ ref }) => ref.cluster);
    await Promise.all([...clusters.values()].map(inOneCluster));
    await attempts.reporter.flush();
    return { missed, ...(missed.length > 0 ? { why } : {}) };
  });
}

interface Attempt extends Attempts {
  readonly waits: Waits;
  readonly signal: AbortSignal;
}

type Outcome = { readonly kind: 'done' } | { readonly kind: 'missed'; readonly why: string };

async function attempt({ ref, act }: LeafTask, options: Attempt): Promise<Outcome> {
  const { waits, signal, giveUpAt, refusalsFail } = options;
  const isOver = (): boolean => giveUpAt !== undefined && Date.now() >= giveUpAt;
  const end =
    giveUpAt === undefined ? undefined : endOfPatience(giveUpAt, refusalsFail ? ONE_ANSWER_MS : LEAST_PATIENCE_MS);
  let why = 'no answer';
  try {
    await untilDone(act, {
      signal: end ? AbortSignal.any([signal, end]) : signal,
      onRetry: (error) => {
        why = error.message;
        waits.add(ref.cluster, `waiting for cluster ${ref.cluster}: ${why}`);
      },
      isRetryable: (error) => error instanceof LeafError && options.isRetryable(error) && !isOver(),
      ...(giveUpAt === undefined ? {} : { until: giveUpAt }),
    });
    return { kind: 'done' };
  } catch (error) {
    // With a time to give up nobody waits for this leaf: it is named instead, whatever is in its way.
    if (error instanceof LeafError && isMissed(error, ref, options)) return { kind: 'missed', why: error.message };
    if (end?.aborted && !signal.aborted) return { kind: 'missed', why };
    throw error;
  } finally {
    waits.remove(ref.cluster);
  }
}

function isMissed(
  { retryable }: LeafError,
  { cluster }: LeafRef,
  { giveUpAt, refusalsFail, refusing }: Attempt,
): boolean {
  return retryable ? giveUpAt !== undefined : !refusalsFail || refusing.includes(cluster);
}

/** What even somebody who refuses to wait waits: a cluster that works gets its chance to answer. */
const LEAST_PATIENCE_MS = 5_000;
/** What a time limit that is up already leaves, so that it is known why. */
const ONE_ANSWER_MS = 1_000;
/** The longest that a timer of Node can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function endOfPatience(giveUpAt: number, leastMs: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(giveUpAt - Date.now(), leastMs), LONGEST_TIMER_MS));
}

function leafFailure(error: unknown, ref: LeafRef): unknown {
  if (!(error instanceof LeafError)) return error;
  return ApplicationFailure.create({
    type: 'LeafRefused',
    message: error.message,
    details: [error.reason, ref],
    nonRetryable: true,
  });
}
