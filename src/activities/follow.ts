import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal, cancelled } from '@temporalio/activity';
import { sameLeaf } from '../plan/leaves.ts';
import { place } from '../plan/placement.ts';
import type { LeafRef } from '../plan/types.ts';
import type { LeafDrift } from '../planes/leaf/leaf.ts';
import { formatIssues, specEquals } from '../spec/document.ts';
import { admitPlacements } from '../spec/placed.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Placed } from '../workflows/messages.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies, KnownClusters } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities } from './types.ts';

export function followActivities(dependencies: ActivityDependencies): Pick<Activities, 'followReadiness'> {
  const { leaves: plane, clusters, report } = dependencies;
  return {
    // Of an earlier version there may be some that were begun without what came later.
    followReadiness: ({ watch, targets, leaves = [], doubted = [], placement }) =>
      heartbeating(async () => {
        const reporter = new Reporter(report, watch);
        const signal = cancellationSignal();
        await Promise.all([
          ...targets.map((target) =>
            plane.follow(target, (readiness) => reporter.say({ readiness: [readiness] }), signal),
          ),
          plane.followDrift(
            leaves,
            onlyNews(doubted, (drift) => reporter.say({ drift: [drift] })),
            signal,
          ),
          ...(placement ? [followPlacement(placement, { clusters, reporter, signal })] : []),
        ]);
        await cancelled();
      }),
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
  readonly signal: AbortSignal;
}

/** Reports where the backends would be placed whenever that is another place than was known before. */
async function followPlacement(
  spec: FederatedIngress,
  { clusters, reporter, signal }: PlacementOptions,
): Promise<void> {
  let known: Placed = { backends: spec.backends };
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
