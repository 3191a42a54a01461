import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, activityInfo, cancellationSignal, cancelled, heartbeat } from '@temporalio/activity';
import { sameLeaf } from '../plan/leaves.ts';
import { place } from '../plan/placement.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafDrift, Readiness } from '../planes/leaf/leaf.ts';
import { isSameReadiness } from '../planes/leaf/verdict.ts';
import { formatIssues, specEquals } from '../spec/document.ts';
import { admitPlacements } from '../spec/placed.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Placed } from '../workflows/messages.ts';
import { heartbeating, heartbeatTimeoutMs } from './heartbeat.ts';
import type { ActivityDependencies, KnownClusters } from './index.ts';
import { Newest } from './newest.ts';
import { Reporter } from './report.ts';
import type { Activities, Known } from './types.ts';

type Input = Parameters<Activities['followReadiness']>[0];

/** Of an earlier version there may be activities that were begun without it: nothing is known then. */
const NOTHING_KNOWN: Known = { readiness: [], isPlaced: false };

export function followActivities(dependencies: ActivityDependencies): Pick<Activities, 'followReadiness'> {
  const newest = new Newest();
  return {
    followReadiness: (input) =>
      heartbeating('looking', async () => {
        const { workflowExecution, currentAttemptScheduledTimestampMs } = activityInfo();
        const turn = newest.begin(workflowExecution?.workflowId ?? '', currentAttemptScheduledTimestampMs);
        const signal = AbortSignal.any([cancellationSignal(), turn.signal]);
        try {
          if (!signal.aborted) await followAll(dependencies, input, signal);
        } catch (error) {
          if (!signal.aborted) throw error;
        } finally {
          turn.end();
        }
        await toldOfItsEnd();
      }),
  };
}

/** Resolves when `signal` aborts; what follows placements rejects then. */
async function followAll(dependencies: ActivityDependencies, input: Input, signal: AbortSignal): Promise<void> {
  const { leaves: plane, clusters, report } = dependencies;
  const { watch, targets, leaves = [], placement } = input;
  const isFirst = activityInfo().attempt === 1;
  const { readiness, isPlaced } = (isFirst ? input.known : undefined) ?? NOTHING_KNOWN;
  const doubted = isFirst ? (input.doubted ?? []) : leaves.map(({ ref }) => ref);
  const reporter = new Reporter(report, watch, signal);
  const tellReadiness = onlyNewVerdicts(readiness, (each) => reporter.say({ readiness: [each] }));
  await Promise.all([
    ...targets.map((target) => plane.follow(target, tellReadiness, signal)),
    plane.followDrift(
      leaves,
      onlyNews(doubted, (drift) => reporter.say({ drift: [drift] })),
      signal,
    ),
    ...(placement ? [followPlacement(placement, { clusters, reporter, isPlaced, signal })] : []),
  ]);
}

/**
 * One that was superseded is cancelled already, and a heartbeat says so. Should it not be, then nobody might follow any more: it
 * fails, to be begun again as the newest. That it ends is a task of the workflow: better now, when there are others, than when
 * the next heartbeat is due, which may be while it is promoted.
 */
async function toldOfItsEnd(): Promise<void> {
  heartbeat();
  const over = delay(heartbeatTimeoutMs(), undefined, { signal: cancellationSignal() });
  const failed = over.then(() => {
    throw ApplicationFailure.retryable('superseded, but not cancelled', 'Superseded');
  });
  await Promise.race([cancelled(), failed]);
}

/** What the workflow knows, or was told, is no news. */
export function onlyNewVerdicts(
  known: readonly Readiness[],
  tell: (readiness: Readiness) => void,
): (readiness: Readiness) => void {
  const last = new Map(known.map((each) => [each.backend, each]));
  return (readiness) => {
    if (isSameReadiness(readiness, last.get(readiness.backend))) return;
    last.set(readiness.backend, readiness);
    tell(readiness);
  };
}

/** That a leaf is as it was written is no news, and would be a line in the history of each that is followed. */
export function onlyNews(doubted: readonly LeafRef[], tell: (drift: LeafDrift) => void): (drift: LeafDrift) => void {
  let open = doubted;
  return (drift) => {
    const isOpen = open.some((ref) => sameLeaf(ref, drift.ref));
    if (drift.fields.length === 0 && !isOpen) return;
    open = open.filter((ref) => !sameLeaf(ref, drift.ref));
    if (drift.fields.length > 0) open = [...open, drift.ref];
    tell(drift);
  };
}

/** Labels change one after the other, and clusters of a hub are read one by one: a selection is reported when it has settled. */
const SETTLE_MS = 500;

interface PlacementOptions {
  readonly clusters: KnownClusters;
  readonly reporter: Pick<Reporter, 'say'>;
  /** The backends of the spec are what the last selection came to, without an obstacle. */
  readonly isPlaced: boolean;
  readonly signal: AbortSignal;
}

/** Reports where the backends would be placed whenever that is another place than was known before. */
async function followPlacement(
  spec: FederatedIngress,
  { clusters, reporter, isPlaced, signal }: PlacementOptions,
): Promise<void> {
  let known: Placed | undefined = isPlaced ? { backends: spec.backends } : undefined;
  let change = Promise.withResolvers<void>();
  const end = clusters.onChange(() => change.resolve());
  signal.addEventListener('abort', () => change.resolve(), { once: true });
  try {
    for (;;) {
      await delay(SETTLE_MS, undefined, { signal });
      change = Promise.withResolvers<void>();
      const placed = placementNow(spec, clusters);
      if (!specEquals(placed, known)) reporter.say({ placed });
      known = placed;
      if (!signal.aborted) await change.promise;
    }
  } finally {
    end();
  }
}

/** Where the backends would be placed in the clusters of now. */
export function placementNow(spec: FederatedIngress, clusters: Pick<KnownClusters, 'list'>): Placed {
  const registered = clusters.list();
  const placed = place(spec, registered, spec.backends);
  const issues = admitPlacements(placed, registered);
  return { backends: placed.backends, ...(issues.length === 0 ? {} : { obstacle: formatIssues(issues) }) };
}
