import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { type PlanInput, plan } from '../plan/plan.ts';
import type { TrafficPolicy } from '../plan/policy.ts';
import { sameShares, unionBackends } from '../plan/shares.ts';
import type { Allocation } from '../plan/types.ts';
import { specEquals } from '../spec/document.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { heldByDrift } from './drift-records.ts';
import { activeRollout, describeLive, type Entity, type Rollout, remember } from './entity.ts';
import { stepFailure } from './failure.ts';
import type { EntityRun } from './run.ts';
import { runStep } from './steps/step.ts';
import { publish, takeBackInClusters } from './traffic.ts';

/** How a walk through the plan ended. `turnedBack`: traffic has to go back, `rollout.rollback` says why. */
type WalkEnd = 'completed' | 'turnedBack' | 'superseded' | 'deleted' | 'continueAsNew';

/** Plans the way from what is in force now to the newest spec and makes it the entity's rollout, in place of any other. */
export function beginRollout(entity: Entity): void {
  const planned = plan(planInput(entity, entity.spec));
  entity.rollout = {
    generation: entity.generation,
    plan: planned,
    step: 0,
    records: planned.steps.map(() => ({})),
    startedAt: Date.now(),
    full: false,
  };
}

/** What a plan from what is in force now to this spec has to know. */
export function planInput(entity: Entity, spec: FederatedIngress): PlanInput {
  return {
    spec,
    inForce: entity.published,
    policyInForce: entity.policy,
    ttlInForceSeconds: entity.ttlInForceSeconds,
    existingLeaves: entity.leaves,
    ...(entity.leafPolicy ? { leavesInForce: entity.leafPolicy } : {}),
  };
}

/**
 * Carries the current rollout on until it is completed, rolled back, superseded or cut short for a deletion.
 * `continueAsNew` means that it goes on in the next run.
 */
export async function carryOn(run: EntityRun, rollout: Rollout): Promise<'ended' | 'continueAsNew'> {
  const end = rollout.rollback ? 'turnedBack' : await walk(run, rollout);
  run.dirty = true;
  switch (end) {
    case 'continueAsNew':
      return 'continueAsNew';
    case 'completed':
      complete(run, rollout);
      break;
    case 'turnedBack':
      await CancellationScope.nonCancellable(() => goBack(run, rollout));
      break;
    case 'superseded':
      finish(run, rollout, { kind: 'superseded', byGeneration: run.entity.generation });
      break;
    case 'deleted':
      finish(run, rollout, { kind: 'failed', reason: 'Deleted', message: 'cut short by a deletion' });
      break;
    default:
      end satisfies never;
  }
  return 'ended';
}

async function walk(run: EntityRun, rollout: Rollout): Promise<WalkEnd> {
  try {
    return await run.walking(() => walkSteps(run, rollout));
  } catch (error) {
    const { entity } = run;
    if (entity.deletion) return 'deleted';
    if (entity.rollout !== rollout) return 'superseded';
    if (!rollout.rollback) {
      if (isCancellation(error)) throw error;
      const { reason, message } = stepFailure(error, entity.waitsFor);
      run.turnBack(reason, message);
    }
    return 'turnedBack';
  }
}

async function walkSteps(run: EntityRun, rollout: Rollout): Promise<'completed' | 'continueAsNew'> {
  for (; rollout.step < rollout.plan.steps.length; rollout.step += 1) {
    await condition(() => rollout.pausedBy === undefined && !heldByDrift(run.entity));
    if (workflowInfo().continueAsNewSuggested) return 'continueAsNew';
    const step = rollout.plan.steps[rollout.step];
    const record = rollout.records[rollout.step];
    if (!step || !record) break;
    record.startedAt = Date.now();
    run.show();
    if (!skipped(rollout)) await runStep(step, { run, rollout, record });
    record.endedAt = Date.now();
  }
  return 'completed';
}

/** A full promotion leaves out pauses and all weights but the last. */
function skipped(rollout: Rollout): boolean {
  if (!rollout.full) return false;
  const { steps } = rollout.plan;
  const step = steps[rollout.step];
  if (step?.kind === 'pause') return true;
  return step?.kind === 'setWeight' && steps.slice(rollout.step + 1).some((later) => later.kind === 'setWeight');
}

function complete(run: EntityRun, rollout: Rollout): void {
  const { entity } = run;
  const { generation, plan: done } = rollout;
  entity.live = { generation, allocation: done.to, ...(entity.policy ? { policy: entity.policy } : {}) };
  remember(entity, {
    actor: 'sluice',
    action: 'Completed',
    message: `generation ${rollout.generation} serves all traffic`,
  });
  finish(run, rollout, { kind: 'completed' });
}

function finish(run: EntityRun, rollout: Rollout, outcome: NonNullable<Rollout['outcome']>): void {
  rollout.outcome = outcome;
  rollout.endedAt = Date.now();
  delete run.entity.waitsFor;
  run.show();
}

/**
 * Takes traffic back to the generation that completed last, without waiting for any cluster. New leaves stay: they have no
 * traffic, and `<cluster>.<host>` shows what is wrong with them.
 */
async function goBack(run: EntityRun, rollout: Rollout): Promise<void> {
  const { entity } = run;
  const { reason, message } = rollout.rollback ?? { reason: 'Internal', message: 'no reason was kept' };
  const target = rollbackTarget(entity);
  const action = target ? 'RollingBack' : 'Failed';
  remember(entity, { actor: 'sluice', action, message: `${reason}: ${message}` });
  if (!target) {
    finish(run, rollout, { kind: 'failed', reason, message });
    return;
  }
  const summary = `Roll back: ${reason}`;
  // At once: a cluster that does not answer holds back neither the others nor what is published.
  await Promise.all([publishBack(run, target, summary), takeBackInClusters(run, target, summary)]);
  remember(entity, { actor: 'sluice', action: 'RolledBack', message: `back to ${describeLive(entity)}` });
  finish(run, rollout, { kind: 'rolledBack', reason, message });
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

/** The last completed shares; backends that came later are kept at share 0. Undefined when nothing ever completed. */
function rollbackTarget(entity: Entity): Allocation | undefined {
  if (!entity.live) return undefined;
  const { allocation } = entity.live;
  return { backends: unionBackends(entity.published, allocation), shares: allocation.shares };
}

/** Nothing left to do in this run, so that the next one may take over. */
export function idle(run: EntityRun): boolean {
  return !activeRollout(run.entity) && !run.entity.deletion && allHandlersFinished();
}
