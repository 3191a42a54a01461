import { specEquals } from '../spec/document.ts';
import type { Step } from '../spec/rollout-types.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Rollout } from './records.ts';

/** Whether only what is left of the rollout's steps changes, and what a rollout does when something fails. */
export function isAmendment(rollout: Rollout, before: FederatedIngress, after: FederatedIngress): boolean {
  if (!specEquals(rest(before), rest(after))) return false;
  if (before.strategy.kind !== 'canary' || after.strategy.kind !== 'canary') return false;
  const position = strategyPosition(rollout);
  const [done, next] = [before.strategy.steps, after.strategy.steps];
  if (!specEquals(done.slice(0, position), next.slice(0, position))) return false;
  return isSameStep(done[position], next[position]);
}

function rest({ strategy: _strategy, deadlines: _deadlines, rollout: _rollout, ...others }: FederatedIngress): object {
  return others;
}

/** How many steps of the strategy's own list are behind the rollout. */
function strategyPosition({ plan, step }: Rollout): number {
  const behind = plan.steps.slice(0, step).flatMap((one) => ('strategyStep' in one ? (one.strategyStep ?? []) : []));
  return Math.max(-1, ...behind) + 1;
}

/** The one that is under way: a soak may become longer or shorter, a weight stays. */
function isSameStep(before: Step | undefined, after: Step | undefined): boolean {
  if (before?.kind === 'pause' || after?.kind === 'pause') return before?.kind === after?.kind;
  return specEquals(before, after);
}
