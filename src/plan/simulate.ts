import { formatSeconds } from '../lib/duration.ts';
import { specEquals } from '../spec/document.ts';
import { joinAnd } from '../spec/words.ts';
import { isStepDone, wayBack } from './replan.ts';
import { isEmpty, sameShares } from './shares.ts';
import { feel, happenAtStep, happenNow } from './simulate-events.ts';
import { type Scenario, scenarioText } from './simulate-scenario.ts';
import {
  beginState,
  feltAs,
  type SimulationInput,
  type State,
  type Stop,
  silent,
  type TimelineEntry,
  tell,
} from './simulate-state.ts';
import { resplit, takeStep } from './simulate-steps.ts';

/** How a rollout would go if this happened. */
export interface Simulation {
  readonly host: string;
  readonly scenario: Scenario;
  readonly timeline: readonly TimelineEntry[];
  readonly end: SimulationEnd;
  /** What of the scenario made no difference, a sentence each. */
  readonly unfelt: readonly string[];
}

export interface SimulationEnd {
  /** `held`: everything stays as it is until a person decides. `waiting`: without end, unless something changes. */
  readonly kind: 'completed' | 'rolledBack' | 'failed' | 'held' | 'waiting';
  readonly atSeconds: number;
  readonly message: string;
}

/**
 * Walks the plan on a moved clock while the scenario happens, and decides as the workflow does. Planes, API servers and
 * requests take no time, pauses until promoted are promoted at once, and what is measured is as wanted.
 */
export function simulate(input: SimulationInput): Simulation {
  const state = beginState(input);
  let end = rollOut(state);
  while (end.kind === 'completed' && state.unreachable.length > 0 && returns(state)) end = rollOut(state);
  return {
    host: state.first.host,
    scenario: input.scenario,
    timeline: state.timeline,
    end,
    unfelt: unfelt(state, input.scenario),
  };
}

/** Each one follows a decision, and there are few to take. */
const MOST_WALKS = 1_000;

function rollOut(state: State): SimulationEnd {
  let walks = 0;
  while (walks < MOST_WALKS && !walk(state) && state.stop?.kind === 'anew') walks += 1;
  const end = state.stop === undefined ? complete(state) : cutShort(state, state.stop);
  state.stop = undefined;
  state.isOver = true;
  tell(state, 'end', end.message);
  return { ...end, atSeconds: state.now };
}

type End = Pick<SimulationEnd, 'kind' | 'message'>;

/** From where it is to the end of the plan. False: stopped before. */
function walk(state: State): boolean {
  state.stop = undefined;
  for (; state.step < state.plan.steps.length; state.step += 1) {
    const { plan, records, step: index } = state;
    const step = plan.steps[index];
    if (step === undefined) break;
    if (isStepDone({ steps: plan.steps, records, step: index }, state.published.shares)) continue;
    const startedAt = records[index]?.startedAt ?? state.now;
    records[index] = { startedAt };
    if (!happenAtStep(state) || !takeStep(state, step)) return false;
    records[index] = { startedAt, endedAt: state.now };
  }
  return true;
}

function complete(state: State): End {
  const { failed, unreachable, plan } = state;
  state.live = plan.to;
  state.livePolicy = state.policy;
  const kept = failed.map(({ cluster }) => cluster);
  const left = kept.length === 0 ? '' : `; left at what they had: ${kept.join(', ')}`;
  const away = unreachable.length === 0 ? '' : `; without ${joinAnd(unreachable)} until back`;
  return { kind: 'completed', message: `completed after ${formatSeconds(state.now)}${left}${away}` };
}

function cutShort(state: State, stop: Stop): End {
  if (stop.kind === 'anew') return { kind: 'waiting', message: 'is planned anew again and again' };
  if (stop.kind === 'endless') return { kind: 'waiting', message: `waits without end: ${stop.message}` };
  const why = `${stop.reason}: ${stop.message}`;
  if (stop.kind === 'turnedBack') return goBack(state, why);
  const text = `everything stays as it is, ${why}`;
  tell(state, 'held', text);
  return { kind: 'held', message: `held after ${formatSeconds(state.now)}: retry or abort, a person decides` };
}

/** Traffic goes back to what completed last, without waiting for clusters longer than they may take. */
function goBack(state: State, why: string): End {
  const { live, published, ttlInForceSeconds, policy } = state;
  if (live === undefined || isEmpty(live)) {
    const where = isEmpty(published) ? 'nothing serves' : 'shares stay as they are';
    return {
      kind: 'failed',
      message: `failed after ${formatSeconds(state.now)}, with nothing to go back to: ${where} (${why})`,
    };
  }
  const target = wayBack(live, published, state.withheld);
  const isServed = sameShares(target.shares, published.shares) && specEquals(policy, state.livePolicy);
  const missed = silent(state, resplit(state, target));
  feel(state, missed, 'unreachable');
  const cached = isServed ? 0 : Math.max(ttlInForceSeconds, policy?.ttlSeconds ?? 0);
  state.published = target;
  const wait = cached === 0 ? '' : `, then ${formatSeconds(cached)} until old answers have left the caches`;
  const { rollback } = state.spec.rollout;
  const how =
    rollback.kind === 'atOnce'
      ? ''
      : `, as far as ready endpoints bear it (here all) and at the latest after ${formatSeconds(rollback.withinSeconds)}`;
  tell(state, 'rollingBack', `traffic goes back to what completed last${how}${wait}: ${why}`);
  // Nothing that happens meanwhile changes where it goes.
  state.now += Math.max(cached, missed.length > 0 ? state.spec.deadlines.progressDeadlineSeconds : 0);
  return { kind: 'rolledBack', message: `rolled back after ${formatSeconds(state.now)}: ${why}` };
}

/** Goes on to what happens next after the end. Whether that brings a cluster back, so that there is another rollout. */
function returns(state: State): boolean {
  for (;;) {
    const times = state.pending.flatMap(({ at }) => (at.kind === 'time' ? [at.seconds] : []));
    if (times.length === 0) return false;
    state.now = Math.max(state.now, Math.min(...times));
    happenNow(state);
    if (!state.isOver) return true;
  }
}

function unfelt({ pending, felt }: State, { faults, recoveries }: Scenario): readonly string[] {
  const late = [...faults, ...recoveries].filter((one) => pending.includes(one));
  const needless = faults.filter((fault) => !late.includes(fault) && !felt.has(feltAs(fault)));
  return [
    ...late.map((one) => `${scenarioText(one)}: did not happen, the rollout ended before`),
    ...needless.map((fault) => `${scenarioText(fault)}: made no difference, nothing depended on it`),
  ];
}
