import { condition, workflowInfo } from '@temporalio/workflow';
import { formatSeconds } from '../lib/duration.ts';
import { backendId } from '../plan/backend-id.ts';
import type { BackendId } from '../plan/types.ts';
import { ClustersFailed, NextRun } from './failure.ts';
import { currentBackends } from './leaf-intents.ts';
import { describeUnready, isReady } from './readiness.ts';
import type { EntityRun } from './run.ts';
import type { FailedCluster } from './status.ts';

export interface ReadyLimit {
  readonly limitSeconds: number;
  /** Milliseconds since the epoch: when the wait began. */
  readonly since: number;
  /** Of the failure. */
  readonly reason: string;
  readonly summary: string;
}

/** Waits until all backends are ready. Throws ClustersFailed with the clusters where some are not in time. */
export async function untilReady(run: EntityRun, backends: readonly BackendId[], limit: ReadyLimit): Promise<void> {
  const { entity } = run;
  const allReady = (): boolean => backends.every((backend) => isReady(entity, backend));
  if (allReady()) return;
  const { limitSeconds, since, reason, summary } = limit;
  const isLong = (): boolean => workflowInfo().continueAsNewSuggested;
  const left = Math.max(0, limitSeconds * 1000 - (Date.now() - since));
  const within = `${summary} within ${formatSeconds(limitSeconds)}`;
  await run.needing(backends, async () => {
    await condition(() => allReady() || isLong(), left, { summary: within });
  });
  if (allReady()) return;
  if (isLong()) throw new NextRun();
  throw new ClustersFailed(unreadyClusters(run, backends, { reason, limitSeconds }));
}

function unreadyClusters(
  { entity }: EntityRun,
  backends: readonly BackendId[],
  { reason, limitSeconds }: Pick<ReadyLimit, 'reason' | 'limitSeconds'>,
): readonly FailedCluster[] {
  const unready = currentBackends(entity).filter((backend) => {
    return backends.includes(backendId(backend)) && !isReady(entity, backendId(backend));
  });
  return [...Map.groupBy(unready, ({ cluster }) => cluster)].map(([cluster, ofCluster]) => {
    const what = describeUnready(entity, ofCluster.map(backendId)) ?? 'not ready';
    return { cluster, reason, message: `${what} (waited ${formatSeconds(limitSeconds)})` };
  });
}
