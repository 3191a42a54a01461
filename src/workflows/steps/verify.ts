import { activities, LOOKING } from '../activities.ts';
import { ClustersFailed } from '../failure.ts';
import { remember } from '../history.ts';
import { readinessTargets } from '../leaf-intents.ts';
import { untilReady } from '../until-ready.ts';
import type { StepContext, StepOf } from './step.ts';

/** Asks the backends of the step at the gateways of their clusters, whatever share they have. */
export async function verify(step: StepOf<'verify'>, { run, record }: StepContext): Promise<void> {
  const { entity } = run;
  const { backends, verification } = step;
  const limitSeconds = entity.spec.deadlines.progressDeadlineSeconds;
  const since = record.startedAt ?? Date.now();
  await untilReady(run, backends, { limitSeconds, since, reason: 'ProgressDeadlineExceeded', summary: 'Ready' });
  const targets = readinessTargets(entity).filter(({ backend }) => backends.includes(backend));
  const summary = `Verify ${targets.map(({ of }) => of.name).join(', ')}`.slice(0, 190);
  const mostSeconds = verification.count * verification.timeoutSeconds;
  const options = { ...LOOKING, scheduleToCloseTimeout: (limitSeconds + mostSeconds) * 1000, summary };
  const verified = await run.work((watch) =>
    activities.verifyBackends.executeWithOptions(options, [{ watch, verification, targets }]),
  );
  const failed = verified.filter(({ kind }) => kind === 'failed');
  const message = verified.map((one) => one.message).join('; ');
  remember(entity, { actor: 'sluice', action: failed.length === 0 ? 'Verified' : 'VerificationFailed', message });
  if (failed.length === 0) return;
  throw new ClustersFailed(
    failed.map((one) => ({
      cluster: targets.find(({ backend }) => backend === one.backend)?.of.cluster ?? '',
      reason: 'VerificationFailed',
      message: one.message,
    })),
  );
}
