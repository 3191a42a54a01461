import { formatSeconds } from '../lib/duration.ts';
import { splitsInCluster } from '../spec/leaf-kinds.ts';
import { backendId, backendIds } from './backend-id.ts';
import { backendNames, cacheText, stepText } from './explain.ts';
import { leafPolicyOf } from './leaf-text.ts';
import { leavesWithout } from './leaves.ts';
import { policyOf, policyOnTheWay, type TrafficPolicy } from './policy.ts';
import { unionBackends } from './shares.ts';
import { fail, failClusters, feel, passTime, theyDo, waitUntilFree } from './simulate-events.ts';
import { allBackends, isWrong, notReady, type State, silent, tell } from './simulate-state.ts';
import type { Allocation, BackendId, PlanStep } from './types.ts';

type StepOf<Kind extends PlanStep['kind']> = Extract<PlanStep, { readonly kind: Kind }>;

/** Carries one step to its end, as `workflows/steps` does. False: the walk was stopped meanwhile. */
export function takeStep(state: State, step: PlanStep): boolean {
  switch (step.kind) {
    case 'applyLeaves':
      return applyLeaves(state, step);
    case 'awaitReady':
      return awaitReady(state, step);
    case 'setWeight':
      return setWeight(state, step);
    case 'pause':
      return pause(state, step);
    case 'verify':
      return verify(state, step);
    case 'setTtl':
      return setTtl(state, step);
    case 'removeLeaves':
      return removeLeaves(state, step);
    default:
      return step satisfies never;
  }
}

function applyLeaves(state: State, step: StepOf<'applyLeaves'>): boolean {
  tellStep(state, step);
  state.leaves = [...state.leaves, ...leavesWithout(step.leaves, state.leaves)];
  const clusters = step.leaves.map(({ cluster }) => cluster);
  if (!untilWritten(state, clusters, deadline(state))) return false;
  state.leafPolicy = leafPolicyOf(state.spec);
  return true;
}

function awaitReady(state: State, step: StepOf<'awaitReady'>): boolean {
  tellStep(state, step);
  const { progressDeadlineSeconds } = state.spec.deadlines;
  const isPatient = step.timeoutSeconds <= progressDeadlineSeconds;
  const limitSeconds = isPatient ? step.timeoutSeconds : progressDeadlineSeconds;
  const reason = isPatient ? 'ReadyTimeout' : 'ProgressDeadlineExceeded';
  if (!untilReady(state, step.backends, { limitSeconds, reason })) return false;
  state.known = [...new Set([...state.known, ...step.backends])];
  return true;
}

function verify(state: State, step: StepOf<'verify'>): boolean {
  tellStep(state, step);
  const limit = { limitSeconds: state.spec.deadlines.progressDeadlineSeconds, reason: 'ProgressDeadlineExceeded' };
  if (!untilReady(state, step.backends, limit)) return false;
  const failing = allBackends(state).filter((backend) => {
    return step.backends.includes(backendId(backend)) && isWrong(state, backend.cluster, 'verify');
  });
  if (failing.length === 0) return true;
  const { count, path } = step.verification;
  const clusters = [...Map.groupBy(failing, ({ cluster }) => cluster)].map(([cluster, backends]) => {
    const names = backends.map(({ name }) => name).join(', ');
    const message = `${names} in ${cluster}: ${count} of ${count} requests for ${path} failed`;
    return { cluster, reason: 'VerificationFailed', message };
  });
  const where = clusters.map(({ cluster }) => cluster);
  feel(state, where, 'verify');
  failClusters(state, clusters);
  return false;
}

function setWeight(state: State, step: StepOf<'setWeight'>): boolean {
  const rising = backendIds(step.shares).filter((id) => {
    return (step.shares[id] ?? 0) > (state.published.shares[id] ?? 0);
  });
  const limit = { limitSeconds: state.spec.deadlines.progressDeadlineSeconds, reason: 'ProgressDeadlineExceeded' };
  if (!untilReady(state, rising, limit)) return false;
  const next = { backends: unionBackends(state.plan.from, state.plan.to), shares: step.shares };
  if (!untilWritten(state, resplit(state, next), deadline(state))) return false;
  const policy = policyDuring(state);
  state.published = next;
  state.policy = policy;
  tellStep(state, step);
  if (!passTime(state, step.ttlSeconds)) return false;
  state.ttlInForceSeconds = policy.ttlSeconds;
  return true;
}

function pause(state: State, step: StepOf<'pause'>): boolean {
  const { durationSeconds } = step;
  const begun = state.records[state.step]?.startedAt ?? state.now;
  if (durationSeconds === undefined) {
    tellStep(state, step, ', at once in a simulation');
    return true;
  }
  const left = begun + durationSeconds - state.now;
  tellStep(state, step, left === durationSeconds ? '' : `, of which ${formatSeconds(left)} are left`);
  return passTime(state, Math.max(0, left));
}

function setTtl(state: State, step: StepOf<'setTtl'>): boolean {
  state.policy = { ...(state.policy ?? policyOf(state.spec)), ttlSeconds: step.ttlSeconds };
  tellStep(state, step);
  if (!passTime(state, step.waitSeconds)) return false;
  state.ttlInForceSeconds = step.ttlSeconds;
  return true;
}

function removeLeaves(state: State, step: StepOf<'removeLeaves'>): boolean {
  const { to } = state.plan;
  // Nothing limits this wait: all traffic has moved.
  if (!untilWritten(state, resplit(state, to))) return false;
  state.policy = isTtlShort(state) ? { ...policyOf(state.spec), ttlSeconds: rolloutTtl(state) } : policyOf(state.spec);
  state.published = to;
  tellStep(state, step);
  const clusters = step.leaves.map(({ cluster }) => cluster);
  const isFree = waitUntilFree(state, {
    blocked: () => silent(state, clusters),
    words: (away) => `${theyDo(away, 'does', 'do')} not answer: leaves there cannot be removed`,
    until: state.now + state.spec.orphanAfterSeconds,
    onTimeout: (away) => tell(state, 'leftBehind', `leaves in ${away.join(', ')} are left behind: away for too long`),
  });
  if (!isFree) return false;
  state.leaves = leavesWithout(state.leaves, step.leaves);
  return true;
}

function untilReady(
  state: State,
  backends: readonly BackendId[],
  { limitSeconds, reason }: { readonly limitSeconds: number; readonly reason: string },
): boolean {
  const begun = state.records[state.step]?.startedAt ?? state.now;
  return waitUntilFree(state, {
    blocked: () => notReady(state, backends),
    words: (clusters) => `waits until ${readyText(state, backends, clusters)}, at most ${formatSeconds(limitSeconds)}`,
    until: begun + limitSeconds,
    onTimeout: (clusters) =>
      failClusters(
        state,
        clusters.map((cluster) => {
          const message = `${cluster} is not ready (waited ${formatSeconds(limitSeconds)})`;
          return { cluster, reason, message };
        }),
      ),
  });
}

function readyText(state: State, backends: readonly BackendId[], clusters: readonly string[]): string {
  const names = allBackends(state)
    .filter((backend) => clusters.includes(backend.cluster) && backends.includes(backendId(backend)))
    .map(({ name, cluster }) => `${name} in ${cluster}`);
  return theyDo(names, 'is ready', 'are ready');
}

/** Until leaves in these clusters can be written. `until`: on the clock. */
function untilWritten(state: State, clusters: readonly string[], until?: number): boolean {
  return waitUntilFree(state, {
    blocked: () => silent(state, clusters),
    words: (away) => `${theyDo(away, 'does', 'do')} not answer: leaves there cannot be written`,
    ...(until === undefined ? {} : { until }),
    onTimeout: (away) =>
      fail(state, 'ProgressDeadlineExceeded', `leaves in ${away.join(', ')} could not be written in time`),
  });
}

/** Of what a step does, not of what it waits for. */
function deadline({ now, spec }: State): number {
  return now + spec.deadlines.progressDeadlineSeconds;
}

/** Clusters, not left out, whose leaf has to split their traffic in another way. */
export function resplit({ spec, published, withheld }: State, next: Allocation): readonly string[] {
  if (!splitsInCluster(spec.leaf.kind)) return [];
  const byCluster = Map.groupBy(unionBackends(published, next), ({ cluster }) => cluster);
  return [...byCluster].flatMap(([cluster, backends]) => {
    if (backends.length < 2 || withheld.includes(cluster)) return [];
    const parts = backends.map((backend) => {
      const id = backendId(backend);
      return { before: published.shares[id] ?? 0, after: next.shares[id] ?? 0 };
    });
    const before = parts.reduce((sum, part) => sum + part.before, 0);
    const after = parts.reduce((sum, part) => sum + part.after, 0);
    return parts.some((part) => part.before * after !== part.after * before) ? [cluster] : [];
  });
}

/** As the step of the workflow: what is wanted, but for who is leaving, and a short TTL while a step to come lengthens it. */
function policyDuring(state: State): TrafficPolicy {
  const staying = state.plan.to.backends.map(({ cluster }) => cluster);
  const policy = policyOnTheWay(state.policy, policyOf(state.spec), staying);
  return isTtlShort(state) ? { ...policy, ttlSeconds: rolloutTtl(state) } : policy;
}

function isTtlShort({ plan, step }: State): boolean {
  return plan.steps.slice(step + 1).some(({ kind }) => kind === 'setTtl');
}

function rolloutTtl({ spec }: State): number {
  return spec.dns.rolloutTtlSeconds;
}

function tellStep(state: State, step: PlanStep, more = ''): void {
  tell(state, 'step', `${stepText(step, backendNames(state.plan))}${cacheText(step)}${more}`);
}
