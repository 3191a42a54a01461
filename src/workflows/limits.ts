import { formatSeconds } from '../lib/duration.ts';
import type { GatePolicy } from '../spec/rollout-types.ts';
import type { FederatedIngress } from '../spec/types.ts';
import type { Entity } from './entity.ts';
import { StepFailed } from './failure.ts';
import { remember } from './history.ts';

/** How long a step waits for those who have to follow, and what happens when some do not. */
export interface Limit {
  readonly seconds: number;
  readonly otherwise: GatePolicy['otherwise'];
}

export interface Limits {
  readonly leaves: Limit;
  readonly planes: Limit;
}

export function limitsOf({ rollout, deadlines }: FederatedIngress): Limits {
  const toLimit = ({ withinSeconds = deadlines.progressDeadlineSeconds, otherwise }: GatePolicy): Limit => {
    return { seconds: withinSeconds, otherwise };
  };
  return { leaves: toLimit(rollout.leaves), planes: toLimit(rollout.planes) };
}

/** Beyond its limit an activity has a moment to say who is missing. */
const MARGIN_SECONDS = 10;

/** What an activity with this limit is told: when to give up, and when Temporal is to give up on it. */
export function timesOf({ seconds }: Limit): { readonly giveUpAt: number; readonly deadlineSeconds: number } {
  return { giveUpAt: Date.now() + seconds * 1000, deadlineSeconds: seconds + MARGIN_SECONDS };
}

export interface Late {
  readonly limit: Limit;
  /** Such as `not serving revision 7`. */
  readonly what: string;
  readonly missing: readonly string[];
  /** Nobody is left to go on with. */
  readonly isAll?: boolean;
}

/** Says that some have not followed in time. Throws where that is a failure; else it is in the history, and in what is returned. */
export function goOnWithout(entity: Entity, { limit, what, missing, isAll = false }: Late): string {
  const message = `${what} within ${formatSeconds(limit.seconds)}: ${missing.join(', ')}`;
  if (limit.otherwise === 'fail') throw new StepFailed('ProgressDeadlineExceeded', message);
  if (isAll) throw new StepFailed('ProgressDeadlineExceeded', `${message}; there is no other to go on with`);
  const gone = `${message}; gone on without ${missing.length === 1 ? 'it' : 'them'}`;
  remember(entity, { actor: 'sluice', action: 'WentOn', message: gone });
  return gone;
}
