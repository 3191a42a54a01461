import { formatSeconds } from '../lib/duration.ts';
import { joinAnd } from '../spec/words.ts';
import { backendId } from './backend-id.ts';
import { direct, failedWith, isDraining } from './replan.ts';
import type { Fault, FaultKind, Recovery } from './simulate-scenario.ts';
import {
  beginAgain,
  type FailedCluster,
  feltAs,
  indexInFirst,
  isUnready,
  isWrong,
  planAnew,
  type State,
  silent,
  tell,
} from './simulate-state.ts';
import { canWithhold } from './withhold.ts';

/** Lets time pass, and what is due in it happen. False: that stopped the walk. */
export function passTime(state: State, seconds: number): boolean {
  const end = state.now + seconds;
  for (;;) {
    const next = nextTime(state);
    if (next === undefined || next > end) {
      state.now = end;
      return true;
    }
    state.now = Math.max(state.now, next);
    if (!happenNow(state)) return false;
  }
}

export interface Wait {
  /** The clusters that are in the way now. */
  readonly blocked: () => readonly string[];
  /** What is waited for, of those clusters. */
  readonly words: (clusters: readonly string[]) => string;
  /** On the clock; absent: without end. */
  readonly until?: number;
  readonly onTimeout: (clusters: readonly string[]) => void;
}

/** Lets time pass until nobody is in the way, or for as long as it may. False: the walk was stopped meanwhile. */
export function waitUntilFree(state: State, wait: Wait): boolean {
  let said = '';
  for (;;) {
    const clusters = wait.blocked();
    noteAway(state, clusters);
    if (clusters.length === 0) return true;
    feel(state, clusters, 'unready', 'unreachable');
    const words = wait.words(clusters);
    if (words !== said) tell(state, 'wait', words);
    said = words;
    if (wait.until !== undefined && state.now >= wait.until) {
      wait.onTimeout(clusters);
      return !isStopped(state);
    }
    if (!untilNext(state, wait, words)) return false;
  }
}

/** To the first of what may end a wait: something happens, a cluster is given up, or it takes too long. */
function untilNext(state: State, { until = Number.POSITIVE_INFINITY }: Wait, words: string): boolean {
  const event = nextTime(state) ?? Number.POSITIVE_INFINITY;
  const [lost = '', givenUp = Number.POSITIVE_INFINITY] = nextGivenUp(state) ?? [];
  const next = Math.min(event, until, givenUp);
  if (next === Number.POSITIVE_INFINITY) {
    state.stop = { kind: 'endless', message: words };
    return false;
  }
  state.now = Math.max(state.now, next);
  if (event <= state.now) return happenNow(state);
  if (givenUp < until) goOnWithout(state, lost);
  return !isStopped(state);
}

/** What is due by the clock. False: it stopped the walk. */
export function happenNow(state: State): boolean {
  return happen(state, ({ at }) => at.kind === 'time' && at.seconds <= state.now);
}

/** What is due when the current step begins. False: it stopped the walk. */
export function happenAtStep(state: State): boolean {
  const step = state.plan.steps[state.step];
  const index = step === undefined ? -1 : indexInFirst(state, step);
  return happen(state, ({ at }) => (at.kind === 'step' ? at.step <= index + 1 : at.seconds <= state.now));
}

function happen(state: State, isDue: (one: Fault | Recovery) => boolean): boolean {
  const due = state.pending.filter(isDue);
  state.pending = state.pending.filter((one) => !due.includes(one));
  for (const one of due) {
    if ('what' in one) goWrong(state, one);
    else recover(state, one.cluster);
  }
  return !isStopped(state);
}

const WRONG = {
  unready: 'is not ready any more',
  unreachable: 'does not answer any more',
  verify: 'fails verifications from now on',
} as const satisfies Record<Fault['what'], string>;

function goWrong(state: State, { cluster, what }: Fault): void {
  if (!isWrong(state, cluster, what)) state.faults = [...state.faults, { cluster, what }];
  tell(state, 'fault', `${cluster} ${WRONG[what]}`);
  if (what === 'unready' && hasGrown(state, cluster)) {
    feel(state, [cluster], what);
    failClusters(state, [{ cluster, reason: 'ReadinessLost', message: `${cluster} is not ready` }]);
  }
}

/** Whether the rollout gave a cluster more traffic than it had, and can still take it back. */
function hasGrown(state: State, cluster: string): boolean {
  const { plan, step, published, failed, isOver } = state;
  if (isOver || isDraining({ steps: plan.steps, step })) return false;
  if (failed.some((one) => one.cluster === cluster)) return false;
  return published.backends.some((backend) => {
    const id = backendId(backend);
    if (backend.cluster !== cluster || !isUnready(state, backend)) return false;
    return (published.shares[id] ?? 0) > (plan.from.shares[id] ?? 0);
  });
}

function recover(state: State, cluster: string): void {
  const wasWrong = state.faults.some((one) => one.cluster === cluster);
  state.faults = state.faults.filter((one) => one.cluster !== cluster);
  tell(state, 'recovery', wasWrong ? `${cluster} is well again` : `${cluster} was well all the time: nothing changes`);
  if (!state.unreachable.includes(cluster)) return;
  state.withheld = state.withheld.filter((one) => one !== cluster);
  state.unreachable = state.unreachable.filter((one) => one !== cluster);
  if (state.isOver) {
    tell(state, 'broughtBack', `${cluster} answers again: another rollout, in one shift, gives it its share`);
    return beginAgain(state, direct(state.spec));
  }
  tell(state, 'broughtBack', `${cluster} answers again and comes to step ${state.step + 1}; the rest is planned anew`);
  planAnew(state);
}

/** Goes on without clusters that failed, or does what the policy of the rollout says. */
export function failClusters(state: State, clusters: readonly FailedCluster[]): void {
  const { spec, failed: before, withheld } = state;
  const failed = failedWith({ spec, before, more: clusters, withheld });
  if (failed === undefined) {
    const [first] = clusters;
    return fail(state, first?.reason ?? 'Internal', clusters.map(({ message }) => message).join('; '));
  }
  state.failed = failed;
  for (const { cluster, message } of clusters) {
    const budget = `${failed.length} of at most ${spec.rollout.maxFailedClusters} have failed`;
    tell(state, 'leftOut', `${cluster} stays as it was (${budget}): ${message}; the rest is planned anew`);
  }
  planAnew(state);
}

/** What the rollout's policy says to a failure. There is nothing to go back to where the old side is known to be broken. */
export function fail(state: State, reason: string, message: string): void {
  if (state.stop !== undefined && state.stop.kind !== 'anew') return;
  const { onFailure, incumbentBroken } = state.spec.rollout;
  const isHeld = onFailure === 'hold' || incumbentBroken !== undefined;
  state.stop = { kind: isHeld ? 'held' : 'turnedBack', reason, message };
}

function goOnWithout(state: State, cluster: string): void {
  const { unreachable } = state.spec.rollout;
  const after = unreachable.kind === 'goOn' ? unreachable.afterSeconds : 0;
  state.withheld = [...state.withheld, cluster];
  state.unreachable = [...state.unreachable, cluster];
  const why = `since it gives no answer for ${formatSeconds(after)}`;
  const text = `${cluster} is left out, ${why}: its traffic goes to the others until it is back; the rest is planned anew`;
  tell(state, 'wentOnWithout', text);
  planAnew(state);
}

/** The cluster that is given up next, and when. */
function nextGivenUp({ spec, away, withheld, failed }: State): readonly [cluster: string, at: number] | undefined {
  const { unreachable } = spec.rollout;
  if (unreachable.kind === 'wait') return undefined;
  const without = [...withheld, ...failed.map(({ cluster }) => cluster)];
  return [...away]
    .filter(([cluster]) => !without.includes(cluster) && canWithhold(spec.backends, [...without, cluster]))
    .map(([cluster, since]) => [cluster, since + unreachable.afterSeconds] as const)
    .sort(([, left], [, right]) => left - right)[0];
}

function noteAway(state: State, clusters: readonly string[]): void {
  const now = silent(state, clusters);
  state.away = new Map(now.map((cluster) => [cluster, state.away.get(cluster) ?? state.now]));
}

function nextTime({ pending }: State): number | undefined {
  const times = pending.flatMap(({ at }) => (at.kind === 'time' ? [at.seconds] : []));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What is wrong in these clusters makes a difference. */
export function feel({ faults, felt }: State, clusters: readonly string[], ...kinds: readonly FaultKind[]): void {
  for (const fault of faults)
    if (clusters.includes(fault.cluster) && kinds.includes(fault.what)) felt.add(feltAs(fault));
}

function isStopped({ stop }: State): boolean {
  return stop !== undefined;
}

/** `east and west do not answer` */
export function theyDo(clusters: readonly string[], one: string, several: string): string {
  return `${joinAnd(clusters)} ${clusters.length === 1 ? one : several}`;
}
