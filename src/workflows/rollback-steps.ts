import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import { formatSeconds } from '../lib/duration.ts';
import {
  backStepText,
  boundedBack,
  boundedBackends,
  boundsOf,
  type Endpoints,
  type WayBack,
} from '../plan/back-steps.ts';
import { backendId } from '../plan/backend-id.ts';
import { backendNames } from '../plan/explain.ts';
import { sameShares } from '../plan/shares.ts';
import type { Allocation } from '../plan/types.ts';
import { activities, LOOKING } from './activities.ts';
import { describeLive, type Entity } from './entity.ts';
import { remember } from './history.ts';
import type { Rollout } from './records.ts';
import { time } from './rollout-status.ts';
import type { EntityRun } from './run.ts';

/** How the steps ended: all that is left may go back now, the next run goes on with them, or a deletion drains anyway. */
export type StepsEnd = 'rest' | 'continueAsNew' | 'deleted';

export interface StepsBack {
  /** What is gone back to, by what is known now. */
  readonly target: () => Allocation;
  /** Publishes a step and writes it into the clusters. */
  readonly move: (next: Allocation) => Promise<unknown>;
}

/** Counts what serves a generation that has just completed, for a way back to it in steps. */
export async function countLive(run: EntityRun): Promise<void> {
  const { entity } = run;
  const { live } = entity;
  if (!live || entity.spec.rollout.rollback.kind === 'atOnce') return;
  const { backends, shares } = live.allocation;
  const serving = backends.filter((backend) => (shares[backendId(backend)] ?? 0) > 0);
  const endpoints = await run.work((watch) =>
    activities.countEndpoints.executeWithOptions({ ...LOOKING, summary: 'Count ready endpoints' }, [
      { watch, backends: serving },
    ]),
  );
  entity.live = { ...live, endpoints };
}

/** Whether traffic goes back in steps, so that somebody may want the rest of it at once. */
export function isGoingBackInSteps({ live, spec }: Entity, { rollback, outcome }: Rollout): boolean {
  const isAsked = spec.rollout.rollback.kind === 'byEndpoints' && live !== undefined;
  return isAsked && !outcome && rollback !== undefined && !rollback.atOnce;
}

/** Takes traffic back as far as ready endpoints bear it, again and again, until the rest of it can go back too. */
export async function goBackInSteps(run: EntityRun, rollout: Rollout, steps: StepsBack): Promise<StepsEnd> {
  const { entity } = run;
  for (;;) {
    const way = boundedWay(entity, rollout, steps.target());
    if (!way) return 'rest';
    if (entity.deletion) return 'deleted';
    if (workflowInfo().continueAsNewSuggested) return 'continueAsNew';
    const isInterrupted = interruption(entity, rollout);
    const ready = await untilBorne(run, { rollout, way, isInterrupted });
    if (ready === 'over') return timeIsOver(entity, way);
    if (ready === 'interrupted') continue;
    const next = boundedBack(way, boundsOf(way, ready));
    const message = backStepText({ ...way, next }, ready, namesOf(way));
    const isRest = sameShares(next.shares, way.target.shares);
    if (isRest || (await unless(isInterrupted, () => steps.move(next))) !== 'interrupted')
      remember(entity, { actor: 'sluice', action: 'RollingBack', message });
    if (isRest) return 'rest';
  }
}

/** The way back, if it is one in steps; undefined: all of it at once. */
function boundedWay(entity: Entity, rollout: Rollout, target: Allocation): WayBack | undefined {
  const { live, policy, published: current } = entity;
  if (!live || !isGoingBackInSteps(entity, rollout)) return undefined;
  // Then clients go by preference, and shares say nothing of how much a cluster gets.
  if (policy?.routing.kind === 'failover' || live.policy?.routing.kind === 'failover') return undefined;
  const { allocation, endpoints } = live;
  const way = { current, target, completed: { shares: allocation.shares, endpoints: endpoints ?? {} } };
  if (boundedBackends(way).length > 0) return way;
  if (endpoints === undefined && !sameShares(current.shares, target.shares)) {
    const message = `at once, since the endpoints of ${describeLive(entity)} were not counted when it completed`;
    remember(entity, { actor: 'sluice', action: 'RollingBack', message });
  }
  return undefined;
}

interface Waiting {
  readonly rollout: Rollout;
  readonly way: WayBack;
  readonly isInterrupted: () => boolean;
}

/** Waits until endpoints bear more than is there, or until the time that the spec gives is over. */
async function untilBorne(
  run: EntityRun,
  { rollout, way, isInterrupted }: Waiting,
): Promise<Endpoints | 'interrupted' | 'over'> {
  const { rollback: policy } = run.entity.spec.rollout;
  const within = policy.kind === 'byEndpoints' ? policy.withinSeconds : 0;
  const until = (rollout.rollback?.since ?? Date.now()) + within * 1000;
  const left = until - Date.now();
  if (left <= 0) return 'over';
  const bounded = boundedBackends(way);
  const backends = way.target.backends.filter((backend) => bounded.includes(backendId(backend)));
  const note = `what is left goes back at once at ${time(until)}, or when it is aborted again`;
  const input = { backends, untilMore: { way, names: namesOf(way), note } };
  const summary = 'Until ready endpoints bear more traffic';
  return await unless(
    isInterrupted,
    () =>
      run.work((watch) => activities.countEndpoints.executeWithOptions({ ...LOOKING, summary }, [{ watch, ...input }])),
    left,
  );
}

function timeIsOver(entity: Entity, way: WayBack): 'rest' {
  const { rollback } = entity.spec.rollout;
  const within = rollback.kind === 'byEndpoints' ? formatSeconds(rollback.withinSeconds) : 'the time for it';
  const names = namesOf(way);
  const waiting = boundedBackends(way).map((id) => names[id] ?? id);
  const message = `the rest at once: ${within} are over, and ${waiting.join(', ')} had too few ready endpoints until then`;
  remember(entity, { actor: 'sluice', action: 'RollingBack', message });
  return 'rest';
}

/** Whether what is waited for has to be looked at anew. */
function interruption(entity: Entity, { rollback }: Rollout): () => boolean {
  const { withheld, generation } = entity;
  return () => {
    const isOther = entity.withheld !== withheld || entity.generation !== generation;
    return (
      isOther || entity.deletion !== undefined || rollback?.atOnce === true || workflowInfo().continueAsNewSuggested
    );
  };
}

/** Runs `body` to its end, unless something else comes before, or the time is over: then it is cancelled. */
async function unless<T>(
  isInterrupted: () => boolean,
  body: () => Promise<T>,
  withinMs?: number,
): Promise<T | 'interrupted' | 'over'> {
  const scope = new CancellationScope({ cancellable: true });
  const working = scope.run(body);
  const waiting = scope.run(async () => {
    if (withinMs === undefined) return await condition(isInterrupted).then(() => true);
    return await condition(isInterrupted, withinMs, { summary: 'Before the rest goes back at once' });
  });
  try {
    return await Promise.race([working, waiting.then((isTrue) => (isTrue ? 'interrupted' : 'over'))]);
  } finally {
    scope.cancel();
    await working.catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }
}

function namesOf({ current, target }: WayBack) {
  return backendNames({ from: current, to: target });
}
