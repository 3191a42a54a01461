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
import { goBackInSteps, type StepsBack } from './rollback-steps.ts';
import type { EntityRun } from './run.ts';
import { takeBackInClusters } from './shift.ts';
import type { RolloutOutcome } from './status.ts';
import { publish } from './traffic.ts';
import { withheldClusters } from './withheld.ts';

/**
 * Takes traffic back to the generation that completed last, without waiting for any cluster: at once, or as far as ready
 * endpoints bear it. New leaves stay: they have no traffic, and `<cluster>.<host>` shows what is wrong with them.
 */
export async function goBack(run: EntityRun, rollout: Rollout): Promise<RolloutOutcome | 'continueAsNew'> {
  const { entity } = run;
  const rollback = (rollout.rollback ??= { reason: 'Internal', message: 'no reason was kept' });
  const { reason, message } = rollback;
  if (rollback.since === undefined) begin(entity, rollout);
  rollback.since ??= Date.now();
  const { live } = entity;
  if (!live) return { kind: 'failed', reason, message };
  const summary = `Roll back: ${reason}`;
  const steps: StepsBack = {
    target: () => rollbackTarget(entity, live),
    move: (next) => moveBack(run, next, summary),
  };
  for (;;) {
    const end = await goBackInSteps(run, rollout, steps);
    if (end === 'continueAsNew') return end;
    if (end === 'deleted') return { kind: 'failed', reason: 'Deleted', message: 'cut short by a deletion' };
    const { withheld } = entity;
    const target = steps.target();
    // At once: a cluster that does not answer holds back neither the others nor what is published.
    const both = [publishBack(run, target, summary), takeBackInClusters(run, target, { summary })];
    // Where one goes on in the next run, the other must not work on behind it.
    await Promise.allSettled(both);
    await Promise.all(both);
    // Somebody may have drained a cluster meanwhile.
    if (entity.withheld === withheld) break;
  }
  remember(entity, { actor: 'sluice', action: 'RolledBack', message: `back to ${describeLive(entity)}` });
  return { kind: 'rolledBack', reason, message };
}

function begin(entity: Entity, { rollback, cause }: Rollout): void {
  takeBackDrain(entity, cause);
  const action = entity.live ? 'RollingBack' : 'Failed';
  remember(entity, { actor: 'sluice', action, message: `${rollback?.reason}: ${rollback?.message}` });
}

/** Longer than a write takes; a cluster that does not answer holds up the steps of others no longer, and catches up later. */
const STEP_PATIENCE_SECONDS = 5;

/** A part of the way, served as all of it will be but with the TTL of rollouts. Caches are waited for at the end. */
async function moveBack(run: EntityRun, next: Allocation, summary: string): Promise<void> {
  const { entity } = run;
  const policy = rollbackPolicy(entity);
  const ttlSeconds = Math.min(policy?.ttlSeconds ?? Infinity, entity.policy?.ttlSeconds ?? Infinity);
  await Promise.all([
    publish(run, next, { summary, ...(policy ? { policy: { ...policy, ttlSeconds } } : {}) }),
    takeBackInClusters(run, next, { summary, patienceSeconds: STEP_PATIENCE_SECONDS }),
  ]);
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
