import { formatSeconds } from '../lib/duration.ts';
import { LIMITS } from './defaults.ts';
import { secondsOf } from './fields.ts';
import type { FederatedIngressDocument } from './schema.ts';
import { checkOnce, checkRanges } from './traffic-semantics.ts';
import type { SpecIssue } from './types.ts';

type Strategy = FederatedIngressDocument['spec']['strategy'];
type Step = NonNullable<Strategy['canary']>['steps'][number];
type Verify = NonNullable<Step['verify']>;

const STEPS = 'spec.strategy.canary.steps';

/** What no single field of `strategy-schema.ts` can say. */
export function checkStrategy({ canary, blueGreen }: Strategy): readonly SpecIssue[] {
  const steps = canary?.steps ?? [];
  return [
    ...checkWeights(steps),
    ...steps.flatMap(checkStep),
    ...checkPauses(steps),
    ...checkVerify(blueGreen?.verify, 'spec.strategy.blueGreen.verify'),
  ];
}

function checkStep({ setWeight, clusters, verify }: Step, index: number): readonly SpecIssue[] {
  const path = `${STEPS}[${index}]`;
  const message = 'found clusters without setWeight; write it beside setWeight, or leave it out';
  return [
    ...(clusters !== undefined && setWeight === undefined ? [{ path: `${path}.clusters`, message }] : []),
    ...checkOnce(clusters ?? [], `${path}.clusters`),
    ...checkVerify(verify, `${path}.verify`),
  ];
}

/** How far clusters are, in per cent. Those that no step before has named are under `OTHERS`, which is no cluster's name. */
type Reached = Map<string, number>;
const OTHERS = '';

/** A step list has to come to its end: for each cluster weights never fall, and each step raises one. */
function checkWeights(steps: readonly Step[]): readonly SpecIssue[] {
  const names = [OTHERS, ...steps.flatMap(({ clusters = [] }) => clusters)];
  const reached: Reached = new Map(names.map((name) => [name, 0]));
  return steps.flatMap(({ setWeight, clusters }, index) => {
    if (setWeight === undefined) return [];
    const moved = clusters ?? [...reached.keys()];
    const message = weightProblem(setWeight, moved, reached);
    for (const name of moved) reached.set(name, Math.max(reached.get(name) ?? 0, setWeight));
    return message === undefined ? [] : [{ path: `${STEPS}[${index}].setWeight`, message }];
  });
}

function weightProblem(weight: number, moved: readonly string[], reached: Reached): string | undefined {
  const highest = Math.max(...moved.map((name) => reached.get(name) ?? 0));
  const rises = moved.some((name) => (reached.get(name) ?? 0) < weight);
  if (rises && highest <= weight) return undefined;
  const cluster = moved.find((name) => name !== OTHERS && reached.get(name) === highest);
  const where = cluster === undefined ? '' : ` for cluster "${cluster}"`;
  return `found ${weight} after ${highest}${where}; weights must rise from step to step, or the rollout never ends`;
}

function checkPauses(steps: readonly Step[]): readonly SpecIssue[] {
  const paused = steps.reduce((sum, { pause }) => sum + (pause?.duration ?? 0), 0);
  if (paused <= secondsOf(LIMITS.pausesTotal)) return [];
  const message = `found timed pauses of ${formatSeconds(paused)} together; allowed: at most ${LIMITS.pausesTotal} (366 days)`;
  return [{ path: STEPS, message }];
}

function checkVerify(verify: Verify | undefined, path: string): readonly SpecIssue[] {
  if (verify === undefined) return [];
  const { count, maxFailures, statuses = [] } = verify;
  const ranges = checkRanges(statuses, `${path}.statuses`);
  if (maxFailures < count) return ranges;
  const message = `found ${maxFailures} of ${count} requests, so that nothing could fail; write fewer than count`;
  return [...ranges, { path: `${path}.maxFailures`, message }];
}
