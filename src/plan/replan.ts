import type { FederatedIngress } from '../spec/types.ts';
import { type PlanInput, plan } from './plan.ts';
import { sameShares, unionBackends } from './shares.ts';
import type { Allocation, Plan, PlanStep, Shares } from './types.ts';
import { canWithhold, withhold } from './withhold.ts';

/** When a step began and ended; in whatever unit, from wherever. */
export interface Walked {
  readonly startedAt?: number;
  readonly endedAt?: number;
}

/** Where a walk through a plan is. */
export interface Place {
  readonly steps: readonly PlanStep[];
  readonly records: readonly Walked[];
  /** Index of the current step. */
  readonly step: number;
}

/** Plans the rest of a rollout anew, from where it began: `now` says what is there now. */
export function planRest(now: PlanInput, begun: Pick<Plan, 'from'>, failed: readonly string[]): Plan {
  return plan({ ...now, inForce: begun.from, failed });
}

/** What stays done of a step when a rollout is planned anew: that of the strategy, and what has passed of a soak. */
export function keptRecord(step: PlanStep, { steps, records }: Pick<Place, 'steps' | 'records'>): Walked {
  const place = placeOf(step);
  const index = steps.findIndex((one) => place !== undefined && placeOf(one) === place);
  const { startedAt, endedAt } = records[index] ?? {};
  if (startedAt === undefined) return {};
  if (endedAt !== undefined) return isStillDone(step, steps[index]) ? { startedAt, endedAt } : {};
  return step.kind === 'pause' ? { startedAt } : {};
}

/** Backends that come in later have not been verified. */
function isStillDone(step: PlanStep, done: PlanStep | undefined): boolean {
  if (step.kind !== 'verify') return true;
  return done?.kind === 'verify' && step.backends.every((backend) => done.backends.includes(backend));
}

/** Whether the current step is behind the walk already: a weight counts for as long as it is the one in force. */
export function isStepDone({ steps, records, step }: Place, inForce: Shares): boolean {
  if (records[step]?.endedAt === undefined) return false;
  const current = steps[step];
  if (current?.kind !== 'setWeight') return true;
  const isPassed = steps.some(({ kind }, index) => {
    return index > step && kind === 'setWeight' && records[index]?.endedAt !== undefined;
  });
  return isPassed || sameShares(current.shares, inForce);
}

/** The place of a step in the strategy's own list. */
export function placeOf(step: PlanStep): number | undefined {
  return 'strategyStep' in step ? step.strategyStep : undefined;
}

/** All traffic has moved, and what is not needed any more is being removed: there is no way back. */
export function isDraining({ steps, step }: Pick<Place, 'steps' | 'step'>): boolean {
  const kind = steps[step]?.kind;
  if (kind === 'removeLeaves') return true;
  return kind === 'setTtl' && !steps.slice(step).some((later) => later.kind === 'setWeight');
}

/** In one shift, whatever the strategy. */
export function direct(spec: FederatedIngress): FederatedIngress {
  return { ...spec, strategy: { kind: 'direct' } };
}

interface Failing<Failed> {
  readonly spec: Pick<FederatedIngress, 'backends' | 'rollout'>;
  readonly before: readonly Failed[];
  readonly more: readonly Failed[];
  /** Clusters that get no traffic anyway. */
  readonly withheld: readonly string[];
}

/**
 * Those that have failed, with more of them. Undefined when it cannot go on without them: more than may fail, nobody is left
 * to serve, or they have been left out before and fail all the same.
 */
export function failedWith<Failed extends { readonly cluster: string }>({
  spec: { backends, rollout },
  before,
  more,
  withheld,
}: Failing<Failed>): readonly Failed[] | undefined {
  const failed = [...before, ...more.filter(({ cluster }) => !before.some((one) => one.cluster === cluster))];
  const isMore = failed.length > before.length;
  const goesOn = canWithhold(backends, [...withheld, ...failed.map(({ cluster }) => cluster)]);
  return isMore && goesOn && failed.length <= rollout.maxFailedClusters ? failed : undefined;
}

/** What traffic goes back to: the last completed shares, without clusters that get none; backends that came later stay at 0. */
export function wayBack(live: Allocation, published: Allocation, withheld: readonly string[]): Allocation {
  const allocation = withhold(live, withheld);
  return { backends: unionBackends(published, allocation), shares: allocation.shares };
}
