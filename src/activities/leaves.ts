import { ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { LeafError } from '../planes/leaf/errors.ts';
import { untilDone } from './attempts.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities } from './types.ts';

type LeafActivities = Pick<Activities, 'applyLeaves' | 'removeLeaves'>;

export function leafActivities({ leaves: plane, report }: ActivityDependencies): LeafActivities {
  return {
    applyLeaves: ({ watch, leaves }) =>
      inAllClusters(
        leaves.map((intent) => ({ cluster: intent.ref.cluster, act: (signal) => plane.apply(intent, signal) })),
        { reporter: new Reporter(report, watch), isRetryable: (error) => error.retryable },
      ),
    removeLeaves: ({ watch, owner, leaves }) =>
      inAllClusters(
        leaves.map((ref) => ({ cluster: ref.cluster, act: (signal) => plane.remove(ref, owner, signal) })),
        // Traffic has left for good by now: there is no way back, and what is in the way can be mended.
        { reporter: new Reporter(report, watch), isRetryable: () => true },
      ),
  };
}

interface ClusterTask {
  readonly cluster: string;
  readonly act: (signal: AbortSignal) => Promise<void>;
}

interface Attempts {
  readonly reporter: Reporter;
  readonly isRetryable: (error: LeafError) => boolean;
}

/**
 * Does all at once. A cluster that does not answer holds up no other; it is tried again until the activity is cancelled.
 * One that refuses for good ends the attempts on all.
 */
async function inAllClusters(tasks: readonly ClusterTask[], { reporter, isRetryable }: Attempts): Promise<void> {
  const refused = new AbortController();
  const signal = AbortSignal.any([cancellationSignal(), refused.signal]);
  const waits = new Waits(reporter);
  const attempt = async ({ cluster, act }: ClusterTask): Promise<void> => {
    await untilDone(act, {
      signal,
      onRetry: (error) => waits.add(cluster, `waiting for cluster ${cluster}: ${error.message}`),
      isRetryable: (error) => error instanceof LeafError && isRetryable(error),
    }).catch((error: unknown) => {
      refused.abort(error);
      throw leafFailure(error);
    });
    waits.remove(cluster);
  };
  await heartbeating(async () => {
    await Promise.all(tasks.map(attempt));
    await reporter.flush();
  });
}

/** What is waited for, cluster by cluster, reported as one sentence whenever it changes. */
class Waits {
  readonly #reporter: Reporter;
  readonly #sentences = new Map<string, string>();

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  add(cluster: string, sentence: string): void {
    if (this.#sentences.get(cluster) === sentence) return;
    this.#sentences.set(cluster, sentence);
    this.#say();
  }

  remove(cluster: string): void {
    if (this.#sentences.delete(cluster)) this.#say();
  }

  #say(): void {
    const sentences = [...this.#sentences.values()];
    this.#reporter.say(sentences.length > 0 ? { waitsFor: sentences.join('; ') } : {});
  }
}

function leafFailure(error: unknown): unknown {
  if (!(error instanceof LeafError)) return error;
  return ApplicationFailure.create({
    type: 'LeafRefused',
    message: error.message,
    details: [error.reason],
    nonRetryable: true,
  });
}
