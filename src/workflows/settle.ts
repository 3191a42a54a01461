import type { InForce } from '../activities/types.ts';
import { formatSeconds } from '../lib/duration.ts';
import { clusterShares } from '../plan/shares.ts';
import type { PlanStep } from '../plan/types.ts';
import { activities, LOOKING } from './activities.ts';
import type { Entity } from './entity.ts';
import { StepFailed } from './failure.ts';
import type { Gates } from './gates.ts';
import { remember } from './history.ts';
import type { EntityRun } from './run.ts';

interface Settlement {
  readonly step: Extract<PlanStep, { readonly kind: 'setWeight' }>;
  readonly inForce: InForce;
  /** Milliseconds since the epoch: when answers given before have left all caches. */
  readonly until: number;
  readonly gates: Gates;
}

/** Waits until nobody can have an old answer any more, and until what planes count is what is wanted. */
export async function settle(run: EntityRun, { step, inForce, until, gates }: Settlement): Promise<void> {
  const { entity } = run;
  const { measured: policy } = entity.spec.rollout;
  const unmeasured = whyNotMeasured(entity, inForce);
  if (unmeasured !== undefined) gates.skip('measured', unmeasured);
  else gates.wait('measured', 'counting answers until caches are through');
  const measure = {
    wanted: clusterShares({ backends: entity.published.backends, shares: step.shares }),
    since: inForce.counted,
    tolerancePercent: policy.tolerancePercent,
    withinSeconds: policy.withinSeconds,
  };
  const { measured } = await run.work((watch) =>
    activities.settleTraffic.executeWithOptions({ ...LOOKING, summary: 'Until old answers have left caches' }, [
      { watch, host: entity.spec.host, until, ...(unmeasured === undefined ? { measure } : {}) },
    ]),
  );
  gates.pass('caches', throughCaches(step));
  if (!measured) return;
  if (measured.kind === 'tooFew') return gates.skip('measured', measured.message);
  entity.measured = measured.shares;
  if (measured.kind === 'within') return gates.pass('measured', measured.message);
  const goesOn = policy.otherwise === 'goOn' ? '; gone on all the same' : '';
  gates.fail('measured', `${measured.message}${goesOn}`);
  if (policy.otherwise === 'fail') throw new StepFailed('SharesNotInForce', measured.message);
  remember(entity, { actor: 'sluice', action: 'SharesDiffer', message: measured.message });
}

export function throughCaches({ ttlSeconds }: Pick<Settlement['step'], 'ttlSeconds'>): string {
  return `answers given before have left all caches, ${formatSeconds(ttlSeconds)} after the last of them`;
}

/** Where answers do not follow shares, there is nothing to compare. */
function whyNotMeasured({ policy }: Entity, { counted }: InForce): string | undefined {
  if (policy?.routing.kind === 'failover') return 'not measured: by preference, not by share';
  if (policy?.routing.kind === 'geo') return 'not measured: shares hold within each region';
  if (policy?.draw === 'sticky') return 'not measured: clients keep their cluster, so answers follow who asks';
  return Object.keys(counted).length === 0 ? 'not measured: no plane tells what it answers' : undefined;
}
