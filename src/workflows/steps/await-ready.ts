import { unionBackends } from '../../plan/shares.ts';
import type { Rollout } from '../records.ts';
import type { EntityRun } from '../run.ts';
import { shift } from '../traffic.ts';
import { untilReady } from '../until-ready.ts';
import type { StepContext, StepOf } from './step.ts';

/** Waits until every backend of the step was seen ready after its leaf was written. */
export async function awaitReady(step: StepOf<'awaitReady'>, { run, rollout, record }: StepContext): Promise<void> {
  const { progressDeadlineSeconds } = run.entity.spec.deadlines;
  const isPatient = step.timeoutSeconds <= progressDeadlineSeconds;
  await untilReady(run, step.backends, {
    limitSeconds: isPatient ? step.timeoutSeconds : progressDeadlineSeconds,
    since: record.startedAt ?? Date.now(),
    reason: isPatient ? 'ReadyTimeout' : 'ProgressDeadlineExceeded',
    summary: 'Ready',
  });
  const next = rollout.plan.steps.slice(rollout.step + 1).find(({ kind }) => kind !== 'setTtl');
  if (next?.kind === 'pause' || next?.kind === 'verify') await publishWithoutTraffic(run, rollout);
}

/** Before a pause: the new backends are reachable as `<cluster>.<host>`, so that they can be tested while it lasts. */
async function publishWithoutTraffic(run: EntityRun, { plan }: Rollout): Promise<void> {
  const { published } = run.entity;
  const backends = unionBackends(published, plan.to);
  if (backends.length === published.backends.length) return;
  await shift(run, { backends, shares: published.shares }, { summary: 'Publish new backends without traffic' });
}
