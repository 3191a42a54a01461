import { patched, sleep } from '@temporalio/workflow';
import { backendId, backendIds } from '../../plan/backend-id.ts';
import { backendNames, stepText } from '../../plan/explain.ts';
import { policyOf, policyOnTheWay, type TrafficPolicy } from '../../plan/policy.ts';
import { unionBackends } from '../../plan/shares.ts';
import type { BackendId } from '../../plan/types.ts';
import { ClustersFailed } from '../failure.ts';
import { Gates } from '../gates.ts';
import { remember } from '../history.ts';
import { currentBackends } from '../leaf-intents.ts';
import { limitsOf } from '../limits.ts';
import type { Rollout } from '../records.ts';
import { nextRevision } from '../revision.ts';
import type { EntityRun } from '../run.ts';
import { settle, throughCaches } from '../settle.ts';
import { shift } from '../shift.ts';
import { untilReady } from '../until-ready.ts';
import type { StepContext, StepOf } from './step.ts';

/** Moves traffic to the shares of the step and waits until they are in force: served, alone in caches, and measured. */
export async function setWeight(step: StepOf<'setWeight'>, context: StepContext): Promise<void> {
  const { run, rollout, record } = context;
  const { entity } = run;
  await risingAreReady(step, context);
  const { from, to } = rollout.plan;
  const backends = unionBackends(from, to);
  const policy = policyDuring(context);
  const gates = new Gates(run, record);
  gates.wait('planes', `waiting until every plane serves revision ${nextRevision(entity)}`);
  const inForce = await shift(
    run,
    { backends, shares: step.shares },
    {
      summary: `Shift to ${step.weight} %`,
      limits: limitsOf(entity.spec),
      gates,
      policy,
      onLeaves: () => noneIsLost(step, run),
    },
  );
  if (step.ttlSeconds > 0) {
    // Who is missing is gone on without: the wait is for the answers of the others.
    record.until = Date.now() - (inForce?.servedForMs ?? 0) + step.ttlSeconds * 1000;
    gates.wait('caches', 'waiting until answers given before have left all caches');
    // An activity of an earlier version does not tell from when to measure.
    if (inForce) await settle(run, { step, inForce, until: record.until, gates });
    else {
      await sleep(step.ttlSeconds * 1000, { summary: 'Until old answers have left caches' });
      gates.pass('caches', throughCaches(step));
    }
  }
  entity.ttlInForceSeconds = policy.ttlSeconds;
  const message = `${stepText(step, backendNames(rollout.plan))}; in force as revision ${entity.revision}`;
  remember(entity, { actor: 'sluice', action: 'Shifted', message });
}

/** What is wanted in the end, but for who is leaving; and a short TTL for as long as a step to come lengthens it again. */
function policyDuring({ run: { entity }, rollout }: StepContext): TrafficPolicy {
  const staying = rollout.plan.to.backends.map(({ cluster }) => cluster);
  const policy = policyOnTheWay(entity.policy, policyOf(entity.spec), staying);
  return isTtlShort(rollout) ? { ...policy, ttlSeconds: entity.spec.dns.rolloutTtlSeconds } : policy;
}

/** Whether the TTL of the spec is set by a later step. */
export function isTtlShort({ plan, step }: Rollout): boolean {
  return plan.steps.slice(step + 1).some(({ kind }) => kind === 'setTtl');
}

/** A share only rises for a backend whose readiness was observed after its last write (DESIGN 12, invariant 2). */
async function risingAreReady(step: StepOf<'setWeight'>, { run, record }: StepContext): Promise<void> {
  await untilReady(run, risingIn(step, run), {
    limitSeconds: run.entity.spec.deadlines.progressDeadlineSeconds,
    since: record.startedAt ?? Date.now(),
    reason: 'ProgressDeadlineExceeded',
    summary: 'Growing backends are ready',
  });
}

/** A write inside clusters takes its time: who was lost meanwhile gets nothing between them either. */
function noneIsLost(step: StepOf<'setWeight'>, run: EntityRun): void {
  const { entity } = run;
  const rising = risingIn(step, run);
  const lost = currentBackends(entity).flatMap((backend) => {
    const id = backendId(backend);
    const readiness = entity.readiness[id];
    if (!rising.includes(id) || readiness?.kind !== 'notReady') return [];
    return [{ cluster: backend.cluster, reason: 'ReadinessLost', message: readiness.message }];
  });
  if (lost.length > 0 && patched('lost-during-write')) throw new ClustersFailed(lost);
}

function risingIn(step: StepOf<'setWeight'>, { entity }: EntityRun): readonly BackendId[] {
  return backendIds(step.shares).filter((id) => (step.shares[id] ?? 0) > (entity.published.shares[id] ?? 0));
}
