import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { leavesWithout } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';
import { activities, WRITING } from './activities.ts';
import { leafText } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { remember } from './history.ts';
import { strikeOut } from './leaf-writes.ts';
import type { EntityRun } from './run.ts';
import { untilLong } from './until-long.ts';

/**
 * Removes leaves and strikes them out. Goes on trying where a cluster is away, until the time that the spec gives it is
 * over or a deletion is forced: then what is left there is an orphan. `kept` is what goes along into the next run.
 */
export async function removeFromClusters(
  run: EntityRun,
  leaves: readonly LeafRef[],
  kept: { patienceEndsAt?: number },
): Promise<void> {
  if (leaves.length === 0) return;
  const { entity } = run;
  run.driftReports.forget();
  await run.takeBacks.end(leaves);
  kept.patienceEndsAt ??= Date.now() + entity.spec.orphanAfterSeconds * 1000;
  for (;;) {
    const forced = entity.deletion?.force === true;
    const orphans = await removeOnce(run, leaves, forced ? Date.now() : kept.patienceEndsAt);
    if (orphans === 'hurried') continue;
    strikeOut(entity, leaves);
    if (orphans.length > 0) orphan(entity, orphans, forced);
    run.show();
    return;
  }
}

async function removeOnce(
  run: EntityRun,
  leaves: readonly LeafRef[],
  giveUpAt: number,
): Promise<readonly LeafRef[] | 'hurried'> {
  const owner = { namespace: run.entity.namespace, name: run.entity.name };
  const summary = `Remove ${leaves.map((leaf) => `${leaf.kind} in ${leaf.cluster}`).join(', ')}`.slice(0, 190);
  try {
    const remove = () =>
      run.work((watch) =>
        activities.removeLeaves.executeWithOptions({ ...WRITING, summary }, [{ watch, owner, leaves, giveUpAt }]),
      );
    const outcome = await run.removing(() => untilLong(new CancellationScope({ cancellable: true }), remove));
    return outcome?.missed ?? [];
  } catch (error) {
    const stopped = CancellationScope.current().consideredCancelled;
    if (stopped || !isCancellation(error)) throw error;
    return 'hurried';
  }
}

function orphan(entity: Entity, orphans: readonly LeafRef[], forced: boolean): void {
  entity.orphans = [...leavesWithout(entity.orphans ?? [], orphans), ...orphans];
  const why = forced ? 'the deletion is forced' : 'their clusters were away for too long';
  const message = `left behind, since ${why}: ${orphans.map(leafText).join(', ')}`;
  remember(entity, { actor: 'sluice', action: 'Orphaned', message });
}
