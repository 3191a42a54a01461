import { unionBackends } from '../../plan/shares.ts';
import { limitsOf } from '../limits.ts';
import { isPreviewBehind } from '../preview-host.ts';
import type { Rollout } from '../records.ts';
import type { EntityRun } from '../run.ts';
import { shift } from '../shift.ts';
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
  const { spec, published } = run.entity;
  const isTried = next?.kind === 'pause' || next?.kind === 'verify' || spec.preview !== undefined;
  if (isTried && published.backends.length > 0) await publishWithoutTraffic(run, rollout);
}

/**
 * Before a pause: the new backends are reachable as `<cluster>.<host>`, so that they can be tested while it lasts. And before
 * any share moves: the preview host leads to them.
 */
async function publishWithoutTraffic(run: EntityRun, { plan }: Rollout): Promise<void> {
  const { published } = run.entity;
  const next = { backends: unionBackends(published, plan.to), shares: published.shares };
  if (next.backends.length === published.backends.length && !isPreviewBehind(run.entity, next)) return;
  const limits = limitsOf(run.entity.spec);
  const limited = limits.planes.otherwise === 'goOn' ? { limits } : {};
  await shift(run, next, { summary: 'Publish new backends without traffic', ...limited });
}
