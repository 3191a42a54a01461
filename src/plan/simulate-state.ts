import type { Backend, FederatedIngress } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import type { LeafPolicy } from './leaf-text.ts';
import { type PlanInput, plan } from './plan.ts';
import type { TrafficPolicy } from './policy.ts';
import { keptRecord, placeOf, planRest, type Walked } from './replan.ts';
import { clusterShares, unionBackends } from './shares.ts';
import type { Fault, Recovery, Scenario } from './simulate-scenario.ts';
import type { Allocation, BackendId, LeafRef, Plan, PlanStep } from './types.ts';

/** One line of what happened. */
export interface TimelineEntry {
  /** Since the start of the rollout. */
  readonly atSeconds: number;
  /** Of the plan that holds then, 1-based. Absent: after the last one. */
  readonly step?: number;
  readonly kind: TimelineKind;
  /** Basis points by cluster, once this has happened. */
  readonly shares: Readonly<Record<string, number>>;
  readonly text: string;
}

/** `leftOut`: a cluster failed and stays at what it had. `wentOnWithout`: one that does not answer gets nothing until it is back. */
export type TimelineKind =
  | 'step'
  | 'wait'
  | 'fault'
  | 'recovery'
  | 'leftOut'
  | 'wentOnWithout'
  | 'broughtBack'
  | 'leftBehind'
  | 'held'
  | 'rollingBack'
  | 'end';

/** Why a walk stopped before its end. */
export type Stop =
  | { readonly kind: 'anew' }
  | { readonly kind: 'held' | 'turnedBack'; readonly reason: string; readonly message: string }
  | { readonly kind: 'endless'; readonly message: string };

export interface FailedCluster {
  readonly cluster: string;
  readonly reason: string;
  readonly message: string;
}

/** What the workflow would remember, on a clock of its own: whole seconds since the start. */
export interface State {
  spec: FederatedIngress;
  /** The plan at the start: steps of a scenario are those of it. */
  readonly first: Plan;
  /** What a rollback goes back to. */
  live: Allocation | undefined;
  livePolicy: TrafficPolicy | undefined;
  now: number;
  /** What has not happened yet. */
  pending: readonly (Fault | Recovery)[];
  /** What is wrong now. */
  faults: readonly Pick<Fault, 'cluster' | 'what'>[];
  /** Faults that made a difference. */
  readonly felt: Set<string>;
  published: Allocation;
  policy: TrafficPolicy | undefined;
  ttlInForceSeconds: number;
  leaves: readonly LeafRef[];
  leafPolicy: LeafPolicy | undefined;
  withheld: readonly string[];
  unreachable: readonly string[];
  /** Backends that were seen somewhere: they are probed there though their cluster does not answer. */
  known: readonly BackendId[];
  plan: Plan;
  records: Walked[];
  /** Index of the current step. */
  step: number;
  failed: readonly FailedCluster[];
  /** Clusters that the step waits for and that do not answer, and since when. */
  away: ReadonlyMap<string, number>;
  stop: Stop | undefined;
  /** The rollout is over: what happens now begins another one. */
  isOver: boolean;
  readonly timeline: TimelineEntry[];
}

export interface SimulationInput {
  /** What the rollout would be planned from. */
  readonly start: PlanInput;
  /** What a rollback would go back to. Absent: nothing has completed yet. */
  readonly live?: Allocation;
  readonly scenario: Scenario;
}

export function beginState({ start, live, scenario }: SimulationInput): State {
  const first = plan(start);
  const { gone: unreachable = [], withheld = [], leavesInForce, policyInForce } = start;
  return {
    spec: start.spec,
    first,
    live,
    livePolicy: policyInForce,
    now: 0,
    pending: [...scenario.faults, ...scenario.recoveries],
    faults: unreachable.map((cluster) => ({ cluster, what: 'unreachable' })),
    felt: new Set(),
    published: start.inForce,
    policy: policyInForce,
    ttlInForceSeconds: start.ttlInForceSeconds,
    leaves: start.existingLeaves,
    leafPolicy: leavesInForce,
    withheld,
    unreachable,
    known: start.inForce.backends.map(backendId),
    plan: first,
    records: first.steps.map(() => ({})),
    step: 0,
    failed: [],
    away: new Map(),
    stop: undefined,
    isOver: false,
    timeline: [],
  };
}

/** Keeps a line of what happened, with the shares as they are now. */
export function tell(state: State, kind: TimelineKind, text: string): void {
  const isInPlan = !state.isOver && state.step < state.plan.steps.length;
  state.timeline.push({
    atSeconds: state.now,
    ...(isInPlan ? { step: state.step + 1 } : {}),
    kind,
    shares: clusterShares(state.published),
    text,
  });
}

/** Plans the rest anew, as the workflow does: from where the rollout began, with what is done of the strategy. */
export function planAnew(state: State): void {
  const failed = state.failed.map(({ cluster }) => cluster);
  const planned = planRest(inputNow(state), state.plan, failed);
  const { plan: before, records } = state;
  state.records = planned.steps.map((one) => keptRecord(one, { steps: before.steps, records }));
  state.plan = planned;
  state.step = 0;
  state.away = new Map();
  state.stop = { kind: 'anew' };
}

/** Another rollout, from the shares in force. */
export function beginAgain(state: State, spec: FederatedIngress): void {
  state.spec = spec;
  state.plan = plan(inputNow(state));
  state.records = state.plan.steps.map(() => ({}));
  state.step = 0;
  state.failed = [];
  state.isOver = false;
}

function inputNow(state: State): PlanInput {
  return {
    spec: state.spec,
    inForce: state.published,
    policyInForce: state.policy,
    ttlInForceSeconds: state.ttlInForceSeconds,
    existingLeaves: state.leaves,
    withheld: state.withheld,
    unreachable: state.withheld,
    gone: state.unreachable,
    ...(state.leafPolicy === undefined ? {} : { leavesInForce: state.leafPolicy }),
  };
}

/** The index that a step has in the first plan: what the strategy lists by its place there, anything else by its kind. */
export function indexInFirst({ first }: State, step: PlanStep): number {
  return first.steps.findIndex((one) => {
    if (one.kind !== step.kind || placeOf(one) !== placeOf(step)) return false;
    return one.kind !== 'setTtl' || step.kind !== 'setTtl' || one.waitSeconds > 0 === step.waitSeconds > 0;
  });
}

export function isWrong({ faults }: State, cluster: string, what: Fault['what']): boolean {
  return faults.some((one) => one.cluster === cluster && one.what === what);
}

/** Whether a backend is seen not ready: what the rollout brings to a cluster, or all of it where it brings nothing there. */
export function isUnready(state: State, backend: Backend): boolean {
  const { from, to } = state.first;
  const isNew = (one: Backend): boolean => !from.backends.some((other) => backendId(other) === backendId(one));
  const brings = to.backends.some((one) => one.cluster === backend.cluster && isNew(one));
  return isWrong(state, backend.cluster, 'unready') && (!brings || isNew(backend));
}

/** The clusters where some of these backends are not seen ready. */
export function notReady(state: State, ids: readonly BackendId[]): readonly string[] {
  const blocked = allBackends(state).filter((backend) => {
    const id = backendId(backend);
    const isUnseen = isWrong(state, backend.cluster, 'unreachable') && !state.known.includes(id);
    return ids.includes(id) && (isUnseen || isUnready(state, backend));
  });
  return [...new Set(blocked.map(({ cluster }) => cluster))];
}

/** The clusters among these that do not answer. */
export function silent(state: State, clusters: readonly string[]): readonly string[] {
  return [...new Set(clusters)].filter((cluster) => isWrong(state, cluster, 'unreachable'));
}

export function allBackends({ plan: { from, to }, spec }: State): readonly Backend[] {
  return unionBackends(from, { backends: unionBackends(to, { backends: spec.backends, shares: {} }), shares: {} });
}

/** How a fault is called in `felt`. */
export function feltAs({ cluster, what }: Pick<Fault, 'cluster' | 'what'>): string {
  return `${cluster}:${what}`;
}
