import { sleep } from '@temporalio/workflow';
import { activities } from './activities.ts';
import { remember } from './entity.ts';
import type { EntityRun } from './run.ts';
import { deleteLeaves } from './steps/remove-leaves.ts';
import { shift } from './traffic.ts';

/** Drains first: no plane answers for the hostname and no cache can, before leaves are removed and the claim is given up. */
export async function deleteEverything(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { deletion } = entity;
  if (!deletion) return;
  if (entity.published.backends.length > 0) {
    await shift(run, { backends: [], shares: {} }, { summary: 'Drain: stop answering for the hostname' });
    await sleep(entity.ttlInForceSeconds * 1000, { summary: 'Until old answers have left caches' });
  }
  deletion.phase = 'removingLeaves';
  run.show();
  await deleteLeaves(run, entity.leaves);
  const owner = { namespace: entity.namespace, name: entity.name };
  await activities.releaseHost.executeWithOptions({ summary: `Release ${entity.spec.host}` }, [
    { host: entity.spec.host, owner },
  ]);
  deletion.phase = 'done';
  remember(entity, { actor: 'sluice', action: 'Deleted', message: 'drained, leaves removed, hostname released' });
  run.show();
}
