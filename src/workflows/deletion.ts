import { sleep } from '@temporalio/workflow';
import { activities } from './activities.ts';
import { leafText } from './drift-records.ts';
import type { Entity } from './entity.ts';
import { remember } from './history.ts';
import { removeFromClusters } from './removal.ts';
import type { EntityRun } from './run.ts';
import { publish } from './traffic.ts';

/** Drains first: no plane answers for the hostname and no cache can, before leaves are removed and the claim is given up. */
export async function deleteEverything(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { deletion } = entity;
  if (!deletion) return;
  // One that goes on in this run has published nothing before; that it is in force is another matter.
  if (entity.published.backends.length > 0 || entity.inForce.backends.length > 0) {
    await publish(run, { backends: [], shares: {} }, { summary: 'Drain: stop answering for the hostname' });
    await sleep(entity.ttlInForceSeconds * 1000, { summary: 'Until old answers have left caches' });
  }
  deletion.phase = 'removingLeaves';
  run.show();
  await removeFromClusters(run, entity.leaves, deletion);
  const owner = { namespace: entity.namespace, name: entity.name };
  await activities.releaseHost.executeWithOptions({ summary: `Release ${entity.spec.host}` }, [
    { host: entity.spec.host, owner },
  ]);
  for (const host of entity.previewHosts ?? []) {
    await activities.releaseHost.executeWithOptions({ summary: `Release ${host}` }, [{ host, owner }]);
  }
  deletion.phase = 'done';
  remember(entity, { actor: 'sluice', action: 'Deleted', message: deletedMessage(entity) });
  run.show();
}

function deletedMessage({ orphans = [] }: Entity): string {
  if (orphans.length === 0) return 'drained, leaves removed, hostname released';
  return `drained, hostname released; left behind: ${orphans.map(leafText).join(', ')}`;
}
