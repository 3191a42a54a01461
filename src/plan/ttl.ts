import type { FederatedIngress } from '../spec/types.ts';
import { isEmpty, sameShares } from './shares.ts';
import type { Plan, PlanStep } from './types.ts';

type Way = Pick<Plan, 'from' | 'to'>;

/** Whether a rollout moves shares that clients have: not a first apply, and not a change of policy alone. */
export function movesShares({ from, to }: Way): boolean {
  return !isEmpty(from) && !sameShares(from.shares, to.shares);
}

/** The TTL that the shifts of a plan publish. */
export function shiftTtlSeconds(way: Way, { dns }: Pick<FederatedIngress, 'dns'>): number {
  return movesShares(way) ? dns.rolloutTtlSeconds : dns.ttlSeconds;
}

/**
 * Before the first shift: answers live as short as shifts and a rollback want it, one old TTL later. `ttlInForceSeconds`: of
 * the answers given until now.
 */
export function lowerTtl(way: Way, spec: FederatedIngress, ttlInForceSeconds: number): readonly PlanStep[] {
  const ttlSeconds = spec.dns.rolloutTtlSeconds;
  if (isUrgent(spec)) return [];
  if (!movesShares(way) || ttlSeconds >= ttlInForceSeconds) return [];
  return [{ kind: 'setTtl', ttlSeconds, waitSeconds: ttlInForceSeconds }];
}

/** With one shift there is nothing to gain by another TTL before it, and a broken old side is not to be kept for longer. */
function isUrgent({ strategy, rollout }: FederatedIngress): boolean {
  return strategy.kind === 'direct' || rollout.incumbentBroken !== undefined;
}

/** After all: the TTL that the spec wants. */
export function raiseTtl(way: Way, { dns }: FederatedIngress): readonly PlanStep[] {
  const { ttlSeconds, rolloutTtlSeconds } = dns;
  if (!movesShares(way) || ttlSeconds === rolloutTtlSeconds) return [];
  return [{ kind: 'setTtl', ttlSeconds, waitSeconds: 0 }];
}
