import { sleep } from '@temporalio/workflow';
import { backendIds } from '../plan/backend-id.ts';
import type { TrafficPolicy } from '../plan/policy.ts';
import { wayBack } from '../plan/replan.ts';
import { sameShares } from '../plan/shares.ts';
import type { Allocation } from '../plan/types.ts';
import { specEquals } from '../spec/document.ts';
import { describeLive, type Entity } from './entity.ts';
import { remember } from './history.ts';
import { isPreviewBehind } from './preview-host.ts';
import type { Rollout, RolloutCause } from './records.ts';
import type { EntityRun } from './run.ts';
import type { RolloutOutcome } from './status.ts';
import { publish, takeBackInClusters } from './traffic.ts';
import { withheldClusters } from './withheld.ts';

/**
 * Takes traffic back to the generation that completed last, without waiting for any cluster. New leaves stay: they have no
 * traffic, and `<cluster>.<host>` shows what is wrong with them.
 */
export async function goBack(run: EntityRun, rollout: Rollout): Promise<RolloutOutcome> {
  const { entity } = run;
  const { reason, message } = rollout.rollback ?? { reason: 'Internal', message: 'no reason was kept' };
  takeBackDrain(entity, rollout.cause);
  const action = entity.live ? 'RollingBack' : 'Failed';
  remember(entity, { actor: 'sluice', action, message: `${reason}: ${message}` });
  if (!entity.live) return { kind: 'failed', reason, message };
  const summary = `Roll back: ${reason}`;
  for (;;) {
    const { withheld } = entity;
    const target = rollbackTarget(entity, entity.live);
    // At once: a cluster that does not answer holds back neither the others nor what is published.
    await Promise.all([publishBack(run, target, summary), takeBackInClusters(run, target, summary)]);
    // Somebody may have drained a cluster meanwhile.
    if (entity.withheld === withheld) break;
  }
  remember(entity, { actor: 'sluice', action: 'RolledBack', message: `back to ${describeLive(entity)}` });
  return { kind: 'rolledBack', reason, message };
}

/** A drain, or the end of one, that was all the rollout was about is not in force. */
function takeBackDrain(entity: Entity, { drains, undrains }: Partial<RolloutCause> = {}): void {
  const { withheld = [] } = entity;
  if (drains !== undefined) entity.withheld = withheld.filter(({ cluster }) => cluster !== drains);
  if (undrains) entity.withheld = [...withheld, undrains];
}

async function publishBack(run: EntityRun, target: Allocation, summary: string): Promise<void> {
  const { entity } = run;
  const policy = rollbackPolicy(entity);
  const isHostServed = isServed(entity, target, policy);
  if (isHostServed && !isPreviewBehind(entity, target)) return;
  // Answers of the rollout that is taken back may have been given with its TTL.
  const ttlSeconds = Math.max(entity.ttlInForceSeconds, entity.policy?.ttlSeconds ?? 0);
  await publish(run, target, { summary, ...(policy ? { policy } : {}) });
  // Of the preview alone nobody has to hear in time.
  if (isHostServed) return;
  await sleep(ttlSeconds * 1000, { summary: 'Until old answers have left caches' });
  entity.ttlInForceSeconds = policy?.ttlSeconds ?? entity.ttlInForceSeconds;
}

/** Leaves are not written back: what has lost its certificate cannot be offered over TLS again. */
function rollbackPolicy({ live, spec }: Entity): TrafficPolicy | undefined {
  return live?.policy && { ...live.policy, tls: live.policy.tls && spec.tls !== undefined };
}

/** Whether shares and policy are what was published last, everywhere. */
function isServed(entity: Entity, { shares }: Allocation, policy: TrafficPolicy | undefined): boolean {
  const { inForce, published } = entity;
  if (!sameShares(shares, inForce.shares) || !sameShares(shares, published.shares)) return false;
  return policy === undefined || specEquals(policy, entity.policy);
}

/**
 * The last completed shares, without clusters that get none, where the others can be reached; backends that came later are
 * kept at share 0.
 */
function rollbackTarget(entity: Entity, { allocation }: NonNullable<Entity['live']>): Allocation {
  const { published, addresses } = entity;
  const target = wayBack(allocation, published, withheldClusters(entity));
  const isReached = backendIds(target.shares).every(
    (id) => target.shares[id] === 0 || (addresses[id] ?? []).length > 0,
  );
  return isReached ? target : wayBack(allocation, published, []);
}
