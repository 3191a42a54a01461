import { compareText } from '../plan/backend-id.ts';
import { backendNames, percentText, stepText } from '../plan/explain.ts';
import { clusterShares } from '../plan/shares.ts';
import { specEquals } from '../spec/document.ts';
import { activeRollout, type Entity } from './entity.ts';
import type { Steering } from './messages.ts';
import { newestOf } from './newest.ts';
import type { Rollout } from './records.ts';
import { entityState } from './report.ts';
import type { Facts, HistoryEntry } from './status.ts';

/** They go along whenever the workflow continues as new, which may carry 2 MB. */
const LIMIT = 200;
const LIMIT_CHARACTERS = 200_000;

type Entry = Omit<HistoryEntry, 'number' | 'at' | 'before' | 'after'>;

/**
 * Keeps who did what and when, and what is different since `before`, or else since the entry before. `sluice` is the actor of
 * automatic decisions.
 */
export function remember(entity: Entity, entry: Entry, before?: Facts): void {
  const known = entity.facts ?? {};
  if (before !== undefined && entity.facts !== undefined) noteMoved(entity, known, before);
  append(entity, entry, before ?? known, factsOf(entity));
}

/** What the current step has done, in its own words. */
export function rememberStep(entity: Entity, { plan, step }: Rollout, action: string): void {
  const current = plan.steps[step];
  if (current) remember(entity, { actor: 'sluice', action, message: stepText(current, backendNames(plan)) });
}

/** A step that is cut short by somebody has moved shares that no entry tells of yet: it was Sluice that did. */
function noteMoved(entity: Entity, known: Facts, { shares, ttlSeconds }: Facts): void {
  if (shares === undefined || specEquals(known.shares, shares)) return;
  const message = `in force before the step was over: ${sharesText(shares)}`;
  append(entity, { actor: 'sluice', action: 'Moved', message }, known, {
    ...known,
    shares,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
  });
}

function sharesText(shares: NonNullable<Facts['shares']>): string {
  return Object.keys(shares)
    .sort(compareText)
    .map((cluster) => `${cluster} ${percentText(shares[cluster] ?? 0)}`)
    .join(', ');
}

function append(entity: Entity, entry: Entry, before: Facts, facts: Facts): void {
  const last = entity.history.at(-1);
  const number = (last?.number ?? entity.history.length) + 1;
  const at = new Date(Date.now()).toISOString();
  const newest = { number, at, ...entry, ...difference(before, facts) };
  entity.history = newestOf([...entity.history.slice(-LIMIT + 1), newest], LIMIT_CHARACTERS);
  entity.facts = facts;
}

/** Who did it, where and why, as the history keeps it. */
export function whoOf(steering: Steering | undefined): Pick<HistoryEntry, 'actor' | 'door' | 'reason'> {
  const { actor = 'temporal', door = 'temporal', reason } = steering ?? {};
  return { actor, door, ...(reason === undefined ? {} : { reason }) };
}

/** What an audit compares, as it is now. */
export function factsOf(entity: Entity): Facts {
  const rollout = activeRollout(entity);
  const withheld = (entity.withheld ?? []).map(({ cluster }) => cluster);
  return {
    generation: entity.generation,
    state: entityState(entity),
    ...(rollout ? { step: rollout.step + 1 } : {}),
    shares: clusterShares(entity.inForce),
    ...(entity.ttlInForceSeconds > 0 ? { ttlSeconds: entity.ttlInForceSeconds } : {}),
    ...(withheld.length > 0 ? { withheld } : {}),
  };
}

/** What is in both and alike is left out. */
function difference(before: Facts, after: Facts): Pick<HistoryEntry, 'before' | 'after'> {
  const names = ['generation', 'state', 'step', 'shares', 'ttlSeconds', 'withheld'] as const;
  const changed = names.filter((name) => !specEquals(before[name], after[name]));
  if (changed.length === 0) return {};
  const only = (facts: Facts): Facts =>
    Object.fromEntries(changed.flatMap((name) => (facts[name] === undefined ? [] : [[name, facts[name]]])));
  return { before: only(before), after: only(after) };
}
