import { sleep } from '@temporalio/workflow';
import type { TrafficPolicy } from '../plan/policy.ts';
import { sameShares, unionBackends } from '../plan/shares.ts';
import type { Allocation } from '../plan/types.ts';
import { withhold } from '../plan/withhold.ts';
import { specEquals } from '../spec/document.ts';
import { describeLive, type Entity } from './entity.ts';
import { remember } from './history.ts';
import type { Rollout } from './records.ts';
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
  if (rollout.cause?.withheldBefore) entity.withheld = rollout.cause.withheldBefore;
  const target = rollbackTarget(entity);
  const action = target ? 'RollingBack' : 'Failed';
  remember(entity, { actor: 'sluice', action, message: `${reason}: ${message}` });
  if (!target) {
    return { kind: 'failed', reason, message };
  }
  const summary = `Roll back: ${reason}`;
  // At once: a cluster that does not answer holds back neither the others nor what is published.
  await Promise.all([publishBack(run, target, summary), takeBackInClusters(run, target, summary)]);
  remember(entity, { actor: 'sluice', action: 'RolledBack', message: `back to ${describeLive(entity)}` });
  return { kind: 'rolledBack', reason, message };
}

async function publishBack(run: EntityRun, target: Allocation, summary: string): Promise<void> {
  const { entity } = run;
  const policy = rollbackPolicy(entity);
  if (isServed(entity, target, policy)) return;
  // Answers of the rollout that is taken back may have been given with its TTL.
  const ttlSeconds = Math.max(entity.ttlInForceSeconds, entity.policy?.ttlSeconds ?? 0);
  await publish(run, target, { summary, ...(policy ? { policy } : {}) });
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

/** The last completed shares, without clusters that get none; backends that came later are kept at share 0. Undefined when nothing ever completed. */
function rollbackTarget(entity: Entity): Allocation | undefined {
  if (!entity.live) return undefined;
  const allocation = withhold(entity.live.allocation, withheldClusters(entity));
  return { backends: unionBackends(entity.published, allocation), shares: allocation.shares };
}
