import { ActivityFailure, ApplicationFailure, allHandlersFinished, condition } from '@temporalio/workflow';
import { backendId } from '../plan/backend-id.ts';
import { type GlobalIngress, slotsOf } from '../plan/global-ingress.ts';
import { leafRefs } from '../plan/leaves.ts';
import { publishedPolicy } from '../plan/policy.ts';
import type { BackendId } from '../plan/types.ts';
import type { Backend } from '../spec/types.ts';
import { activities } from './activities.ts';
import { complete, type Entity, TAKEN_OVER } from './entity.ts';
import { remember } from './history.ts';
import { claimPreview } from './preview-host.ts';
import { reachOf } from './reach.ts';
import { keepSlots } from './revision.ts';
import type { EntityRun } from './run.ts';

/**
 * Claims the hostname before anything is made. Where this FederatedIngress had it before and its workflow was lost, what
 * it serves is adopted. Fails the run for good when the document is not admitted or somebody else has the hostname.
 */
export async function claim(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { spec } = entity;
  const owner = { namespace: entity.namespace, name: entity.name };
  try {
    entity.spec = complete((await activities.admit(spec, [])) ?? spec);
    const current = await activities.claimHost({ host: spec.host, owner, ttlSeconds: spec.dns.ttlSeconds });
    adopt(entity, current);
    await claimPreview(entity, spec.preview?.host).catch(async (error: unknown) => {
      // Both or none; but what is served stays served.
      if (current.targets.length === 0) await activities.releaseHost({ host: spec.host, owner });
      throw error;
    });
  } catch (error) {
    const failure = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(failure instanceof ApplicationFailure)) throw error;
    run.claimFailure = failure;
    await condition(allHandlersFinished);
    throw failure;
  }
  entity.claimed = true;
  run.show();
}

function adopt(entity: Entity, current: GlobalIngress): void {
  entity.revision = current.revision;
  if (current.preview !== undefined) entity.previewHosts = [current.preview];
  const serving = current.targets.filter((target) => target.share > 0);
  if (serving.length === 0) return;
  const backends = serving.map((target) => backendIn(entity, target.cluster));
  const shares: Record<BackendId, number> = {};
  const addresses: Record<BackendId, readonly string[]> = {};
  const hostnames: Record<BackendId, readonly string[]> = {};
  serving.forEach((target, index) => {
    const backend = backends[index];
    if (!backend) return;
    shares[backendId(backend)] = target.share;
    addresses[backendId(backend)] = target.addresses;
    hostnames[backendId(backend)] = target.hostnames;
  });
  entity.published = { backends, shares };
  entity.inForce = entity.published;
  entity.policy = publishedPolicy(current);
  keepSlots(entity, slotsOf(current));
  entity.live = { generation: TAKEN_OVER, allocation: entity.published, policy: entity.policy };
  entity.addresses = addresses;
  entity.hostnames = hostnames;
  entity.ttlInForceSeconds = current.ttlSeconds;
  entity.reach = reachOf(entity);
  entity.leaves = leafRefs(entity.spec, backends);
  remember(entity, {
    actor: 'sluice',
    action: 'Adopted',
    message: `took over revision ${current.revision} of a lost workflow`,
  });
}

/** The backend that serves from a cluster: the one in the document, or a stand-in for one that it no longer lists. */
function backendIn(entity: Entity, cluster: string): Backend {
  const listed = entity.spec.backends.find((backend) => backend.cluster === cluster);
  return listed ?? { name: cluster, cluster, namespace: entity.namespace, routes: [], weight: 0 };
}
