import { isCancellation } from '@temporalio/workflow';
import type { InForce } from '../activities/types.ts';
import type { Allocation } from '../plan/types.ts';
import type { LeafIntent } from '../planes/leaf/leaf.ts';
import { leafText } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { reweighted } from './leaf-intents.ts';
import { beginToWrite, miss, noteWritten, writeLeaves } from './leaf-writes.ts';
import { timesOf } from './limits.ts';
import { throwIfCancelled } from './publication.ts';
import type { EntityRun } from './run.ts';
import { takenUp } from './served.ts';
import { publish, publishAgain, publishWithLeaves, type ShiftOptions } from './traffic.ts';
import { withheldClusters } from './withheld.ts';

export interface ForwardOptions extends ShiftOptions {
  /** Looks again around a write inside clusters, which takes its time. */
  readonly onLeaves?: () => void;
}

/**
 * Moves traffic forward: first inside the clusters that split it, then between clusters. Returns when every plane has
 * followed.
 */
export async function shift(run: EntityRun, next: Allocation, options: ForwardOptions): Promise<InForce | undefined> {
  const { summary, limits, gates, onLeaves = () => undefined } = options;
  const leaves = reweightedThere(run.entity, next);
  if (leaves.length === 0) return await publish(run, next, options);
  const times = limits ? { ...timesOf(limits.leaves), refusalsFail: true as const } : {};
  const refs = leaves.map(({ ref }) => ref);
  gates?.wait('leaves', `${refs.map(leafText).join(', ')}: waiting until taken up as written`);
  onLeaves();
  const outcome = await shiftAtOnce(run, next, { ...options, leaves });
  if (outcome !== 'unpublished') {
    onLeaves();
    return outcome;
  }
  throwIfCancelled();
  // They do not wait for a controller.
  if (run.entity.moved) void publishAgain(run);
  const written = await writeLeaves(run, leaves, { ...times, summary: `${summary}: inside clusters`, observed: true });
  run.follow();
  takenUp(run.entity, { refs, ...written }, gates);
  onLeaves();
  return await publish(run, next, options);
}

/** Both in one activity: most controllers take up a write at once, and each activity is half a dozen lines of history. */
async function shiftAtOnce(
  run: EntityRun,
  next: Allocation,
  options: ShiftOptions & { readonly leaves: readonly LeafIntent[] },
): Promise<InForce | 'unpublished' | undefined> {
  const { leaves: intents } = options;
  const leaves = await beginToWrite(run, intents);
  try {
    const outcome = await publishWithLeaves(run, next, { ...options, leaves });
    if (outcome === 'unpublished') return outcome;
    noteWritten(run, intents);
    if (!run.driftReports.hearAgain()) run.follow();
    return outcome;
  } catch (error) {
    // Planes may have been told: then leaves are to be like this, and that they are is seen by who follows.
    if (run.entity.published === next) miss(run.entity, intents);
    if (!isCancellation(error)) run.follow();
    throw error;
  }
}

/**
 * Takes traffic back inside the clusters, without waiting longer than the progress deadline for one that does not answer,
 * unless there is less patience.
 */
export async function takeBackInClusters(
  run: EntityRun,
  next: Allocation,
  { summary, patienceSeconds }: { readonly summary: string; readonly patienceSeconds?: number },
): Promise<void> {
  const leaves = reweightedThere(run.entity, next);
  if (leaves.length === 0) return;
  const giveUpAt = Date.now() + (patienceSeconds ?? run.entity.spec.deadlines.progressDeadlineSeconds) * 1000;
  await writeLeaves(run, leaves, { summary: `${summary}: inside clusters`, giveUpAt });
  run.follow();
}

/** Nothing is written in clusters that get no traffic. */
function reweightedThere(entity: Entity, next: Allocation): readonly LeafIntent[] {
  const withheld = withheldClusters(entity);
  return reweighted(entity, next).filter(({ ref }) => !withheld.includes(ref.cluster));
}
