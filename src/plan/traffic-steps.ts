import type { Step, Strategy } from '../spec/rollout-types.ts';
import type { FederatedIngress } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import { primaryLeaf, sameLeaf } from './leaves.ts';
import { isEmpty, unionBackends } from './shares.ts';
import { movesShares, shiftTtlSeconds } from './ttl.ts';
import type { Allocation, BackendId, LeafRef, PlanStep, Shares } from './types.ts';
import { type Progress, sharesOnTheWay } from './waves.ts';
import { withhold } from './withhold.ts';

export interface TrafficInput {
  readonly spec: FederatedIngress;
  readonly from: Allocation;
  readonly to: Allocation;
  /** What answers given before the first shift may live; 0 when there were none. */
  readonly firstTtlSeconds: number;
  readonly removesLeaves: boolean;
  /** Leaves that this rollout makes. */
  readonly created: readonly LeafRef[];
  /** Clusters that are left at what they have. */
  readonly failed: readonly string[];
  /** Clusters that get no share, so that there is nothing to verify. */
  readonly withheld: readonly string[];
  /** Those of them that give their traffic away at once. */
  readonly gone: readonly string[];
}

/** A step and its place in the strategy's own list. */
type Listed = Step & { readonly strategyStep?: number };

/** From the first shift to the last one, with what the strategy puts between. */
export function trafficSteps(input: TrafficInput): readonly PlanStep[] {
  let progress: Progress = Object.fromEntries(input.gone.map((cluster) => [cluster, 100]));
  const steps: PlanStep[] = [];
  for (const step of listedSteps(input)) {
    if (step.kind !== 'setWeight') {
      steps.push(...otherStep(step, input));
      continue;
    }
    const moved = movedBy(step.clusters, input);
    if (moved.length === 0) continue;
    progress = { ...progress, ...Object.fromEntries(moved.map((cluster) => [cluster, step.weight])) };
    const isFirst = !steps.some(({ kind }) => kind === 'setWeight');
    steps.push(shift(step.clusters === undefined ? step : { ...step, clusters: moved }, { input, progress, isFirst }));
  }
  return steps;
}

function listedSteps(input: TrafficInput): readonly Listed[] {
  const { strategy } = input.spec;
  // Nothing to compare with, or nothing to move: publish what is wanted (also for another policy, new addresses, a target less).
  if (!movesShares(input)) return [TO_THE_END];
  switch (strategy.kind) {
    case 'direct':
      return [TO_THE_END];
    case 'canary':
      return toTheEnd(strategy.steps);
    case 'blueGreen':
      return blueGreenSteps(strategy, input.removesLeaves);
    default:
      return strategy satisfies never;
  }
}

const TO_THE_END: Listed = { kind: 'setWeight', weight: 100 };

/** A step list ends with all traffic moved, whether or not it says so. */
function toTheEnd(steps: readonly Step[]): readonly Listed[] {
  const listed = steps.map((step, strategyStep): Listed => ({ ...step, strategyStep }));
  const last = steps.findLast((step) => step.kind === 'setWeight');
  const isEnd = last?.kind === 'setWeight' && last.weight === 100 && last.clusters === undefined;
  return isEnd ? listed : [...listed, TO_THE_END];
}

type BlueGreen = Extract<Strategy, { kind: 'blueGreen' }>;

/**
 * Blue/green in the words of a canary: verify, hold, flip at once, keep the old side for a while when it is to go at all.
 * Each has the same number whether or not those before it are there.
 */
function blueGreenSteps({ verify, hold, keepOldSeconds }: BlueGreen, removesLeaves: boolean): readonly Listed[] {
  const keeps = removesLeaves && keepOldSeconds > 0;
  return [
    ...(verify === undefined ? [] : [{ kind: 'verify' as const, verification: verify, strategyStep: 0 }]),
    ...holdSteps(hold),
    { ...TO_THE_END, strategyStep: 2 },
    ...(keeps ? [{ kind: 'pause' as const, durationSeconds: keepOldSeconds, strategyStep: 3 }] : []),
  ];
}

function holdSteps(hold: BlueGreen['hold']): readonly Listed[] {
  switch (hold.kind) {
    case 'none':
      return [];
    case 'timed':
      return [{ kind: 'pause', durationSeconds: hold.durationSeconds, strategyStep: 1 }];
    case 'untilPromoted':
      return [{ kind: 'pause', strategyStep: 1 }];
    default:
      return hold satisfies never;
  }
}

function otherStep(step: Exclude<Listed, { kind: 'setWeight' }>, input: TrafficInput): readonly PlanStep[] {
  if (step.kind === 'pause') return [step];
  const backends = newcomers(input);
  return backends.length === 0 ? [] : [{ ...step, backends }];
}

/** The backends that a rollout brings: their leaf is new, or their share rises. */
function newcomers({ spec, from, to, created, failed, withheld }: TrafficInput): readonly BackendId[] {
  const known = new Set(from.backends.map(backendId));
  const left = [...failed, ...withheld];
  return to.backends
    .filter((backend) => {
      const id = backendId(backend);
      const leaf = primaryLeaf(spec, backend);
      const isNew = !known.has(id) || created.some((other) => sameLeaf(other, leaf));
      const rises = (to.shares[id] ?? 0) > (from.shares[id] ?? 0);
      return (isNew || rises) && !left.includes(backend.cluster);
    })
    .map(backendId);
}

/** The clusters that a step moves, of those that it names. */
function movedBy(
  named: readonly string[] | undefined,
  { from, to, failed }: Pick<TrafficInput, 'from' | 'to' | 'failed'>,
): readonly string[] {
  const all = [...new Set(unionBackends(from, to).map(({ cluster }) => cluster))];
  const moving = all.filter((cluster) => !failed.includes(cluster));
  // When nothing but failed clusters is left, what they have is still to be published.
  if (named === undefined) return moving.length === 0 ? all : moving;
  return named.filter((cluster) => moving.includes(cluster));
}

interface ShiftInput {
  readonly input: TrafficInput;
  /** Of each cluster, with this step. */
  readonly progress: Progress;
  readonly isFirst: boolean;
}

/** Gives a weight its shares, and the time that answers given before it may still be cached. */
function shift(step: Extract<Listed, { kind: 'setWeight' }>, { input, progress, isFirst }: ShiftInput): PlanStep {
  const { spec, firstTtlSeconds } = input;
  const { routing } = spec;
  return {
    kind: 'setWeight',
    weight: step.weight,
    ...(step.clusters === undefined ? {} : { clusters: step.clusters }),
    shares: sharesWith(progress, input),
    ttlSeconds: isFirst ? firstTtlSeconds : shiftTtlSeconds(input, spec),
    ...(routing.kind === 'failover' ? { failover: routing.clusters } : {}),
    ...(step.strategyStep === undefined ? {} : { strategyStep: step.strategyStep }),
  };
}

function sharesWith(progress: Progress, input: TrafficInput): Shares {
  const { to, failed } = input;
  const isThere = movedBy(undefined, input).every((cluster) => progress[cluster] === 100);
  if (isThere) return to.shares;
  return sharesOnTheWay({ live: startOf(input), desired: to, progress, fixed: failed });
}

/** Where shifts begin: clusters that are gone have given their traffic to the others, whatever each step moves. */
function startOf({ from, to, gone, failed }: TrafficInput): Allocation {
  if (gone.length === 0 || isEmpty(from)) return from;
  const backends = unionBackends(from, to);
  const progress = Object.fromEntries(backends.map(({ cluster }) => [cluster, 100]));
  const desired = withhold({ backends, shares: from.shares }, gone);
  return { backends, shares: sharesOnTheWay({ live: from, desired, progress, fixed: failed }) };
}
