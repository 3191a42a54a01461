import { formatSeconds } from '../lib/duration.ts';
import { joinAnd } from '../spec/words.ts';
import { backendId, backendIds, compareText } from './backend-id.ts';
import { leavesWithout } from './leaves.ts';
import { orderText } from './policy-text.ts';
import { ALL, unionBackends } from './shares.ts';
import type { BackendId, LeafRef, Leaving, Plan, PlanStep, Shares } from './types.ts';

/** What people call each backend. Covers every backend of a plan. */
export type BackendNames = Readonly<Record<BackendId, string>>;

/** The names in the spec, old side first; a name that stands for two backends is told apart by its cluster. */
export function backendNames({ from, to }: Pick<Plan, 'from' | 'to'>): BackendNames {
  const backends = unionBackends(from, to);
  const entries = backends.map((backend) => {
    const isAmbiguous = backends.filter(({ name }) => name === backend.name).length > 1;
    return [backendId(backend), isAmbiguous ? `${backend.name} (${backend.cluster})` : backend.name];
  });
  return Object.fromEntries(entries);
}

/** One line for one step, the same in status, CLI, UI and log: `shift to 10 %: v1 90 %, v2 10 %`. */
export function stepText(step: PlanStep, names: BackendNames): string {
  switch (step.kind) {
    case 'applyLeaves':
      return step.leaves.length === 0 ? 'apply nothing: what is there serves' : `apply ${leavesText(step.leaves)}`;
    case 'awaitReady':
      return `wait until ${readyText(step.backends, names)} ready (at most ${formatSeconds(step.timeoutSeconds)})`;
    case 'setWeight':
      return `${shiftText(step)}: ${step.failover ? orderText(step.failover) : sharesText(step.shares, names)}`;
    case 'verify':
      return verifyText(step, names);
    case 'setTtl':
      return ttlText(step);
    case 'pause':
      return step.durationSeconds === undefined
        ? 'pause until promoted'
        : `pause ${formatSeconds(step.durationSeconds)}`;
    case 'removeLeaves':
      return removalText(step.leaves, step.leaving ?? [], names);
    default:
      return step satisfies never;
  }
}

function shiftText({ weight, clusters }: Extract<PlanStep, { kind: 'setWeight' }>): string {
  return `shift ${clusters === undefined ? '' : `${joinAnd(clusters)} `}to ${weight} %`;
}

/** `verify v2 and v3: 20 requests to each for /healthz, at most 1 failure` */
function verifyText({ backends, verification }: Extract<PlanStep, { kind: 'verify' }>, names: BackendNames): string {
  const { count, path, maxFailures } = verification;
  const asked = `${plural(count, 'request')}${backends.length === 1 ? '' : ' to each'} for ${path}`;
  const failures = maxFailures === 0 ? 'no failure' : `at most ${plural(maxFailures, 'failure')}`;
  return `verify ${joinAnd(backends.map((id) => names[id] ?? id))}: ${asked}, ${failures}`;
}

/** A TTL that falls is waited for, one that rises is not. */
function ttlText({ ttlSeconds, waitSeconds }: Extract<PlanStep, { kind: 'setTtl' }>): string {
  const ttl = formatSeconds(ttlSeconds);
  return waitSeconds === 0
    ? `raise the TTL to ${ttl}`
    : `lower the TTL to ${ttl}, then wait ${formatSeconds(waitSeconds)}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** `v1 90 %, v2 10 %`; backends that `shares` does not list have 0. */
function sharesText(shares: Shares, names: BackendNames): string {
  return backendIds(names)
    .map((id) => `${names[id] ?? id} ${percentText(shares[id] ?? 0)}`)
    .join(', ');
}

/** `percentText(3334)` is `33.34 %` */
export function percentText(basisPoints: number): string {
  return `${(basisPoints * 100) / ALL} %`;
}

/** The whole plan as `--dry-run` prints it. */
export function explainPlan(plan: Plan): string {
  const names = backendNames(plan);
  return [
    `host ${plan.host}`,
    ...(plan.preview === undefined ? [] : [`preview ${plan.preview}: ${previewText(plan, names)}`]),
    ...section('traffic', plan.changes),
    ...section('leaves', plan.leafChanges ?? []),
    '',
    'objects',
    ...objectLines(plan.leaves),
    '',
    'steps',
    ...plan.steps.map((step, index) => `  ${index + 1}. ${stepText(step, names)}${cacheText(step)}`),
    '',
    endText(plan),
  ].join('\n');
}

/** `v2 100 %, as soon as all are ready`: before the first shift, when there is something that serves. */
function previewText({ to }: Plan, names: BackendNames): string {
  const served = backendIds(to.shares).filter((id) => (to.shares[id] ?? 0) > 0);
  const shares = served.map((id) => `${names[id] ?? id} ${percentText(to.shares[id] ?? 0)}`);
  return `${shares.join(', ')}, as soon as ${served.length === 1 ? 'it is' : 'they are'} ready`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function objectLines({ create, update, remove, use = [] }: Plan['leaves']): readonly string[] {
  const passing = leavesWithout(create, leavesWithout(create, remove));
  const verbs = [
    ...leavesWithout(create, passing).map((ref) => ({ verb: 'create', ref })),
    ...passing.map((ref) => ({ verb: 'create for the rollout', ref })),
    ...update.map((ref) => ({ verb: 'update', ref })),
    ...use.map((ref) => ({ verb: 'use as it is', ref })),
    ...leavesWithout(remove, passing).map((ref) => ({ verb: 'remove', ref })),
  ];
  const width = Math.max(...verbs.map(({ ref }) => ref.cluster.length));
  return verbs
    .sort((a, b) => compareText(a.ref.cluster, b.ref.cluster))
    .map(({ verb, ref }) => `  ${ref.cluster.padEnd(width)}  ${verb} ${ref.kind} ${ref.namespace}/${ref.name}`);
}

/** `Ingress default/shop in east and west, Ingress other/shop in north` */
function leavesText(leaves: readonly LeafRef[]): string {
  const clusters = Map.groupBy(leaves, ({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  return [...clusters]
    .map(([object, refs]) => `${object} in ${joinAnd(refs.map(({ cluster }) => cluster))}`)
    .join(', ');
}

/** `take v1 out of HTTPRoute default/shop in east, remove Ingress default/shop in west` */
function removalText(leaves: readonly LeafRef[], leaving: readonly Leaving[], names: BackendNames): string {
  const byLeaf = Map.groupBy(leaving, ({ leaf }) => `${leaf.kind} ${leaf.namespace}/${leaf.name} in ${leaf.cluster}`);
  const taken = [...byLeaf].map(([leaf, backends]) => {
    return `take ${joinAnd(backends.map(({ backend }) => names[backend] ?? backend))} out of ${leaf}`;
  });
  return [...taken, ...(leaves.length === 0 ? [] : [`remove ${leavesText(leaves)}`])].join(', ');
}

function readyText(backends: readonly BackendId[], names: BackendNames): string {
  return `${joinAnd(backends.map((id) => names[id] ?? id))} ${backends.length === 1 ? 'is' : 'are'}`;
}

/** What a shift is followed by: `, then 30s until old answers have left the caches`; empty for anything else. */
export function cacheText(step: PlanStep): string {
  if (step.kind !== 'setWeight' || step.ttlSeconds === 0) return '';
  return `, then ${formatSeconds(step.ttlSeconds)} until old answers have left the caches`;
}

function endText({ steps, earliestSeconds, latestSeconds }: Plan): string {
  const earliest = `ends after ${formatSeconds(earliestSeconds)} at the earliest`;
  if (latestSeconds !== null) return `${earliest}, ${formatSeconds(latestSeconds)} at the latest`;
  const waiting = steps.flatMap((step, index) => {
    return step.kind === 'pause' && step.durationSeconds === undefined ? [String(index + 1)] : [];
  });
  return `${earliest}; no latest end, ${waiting.length === 1 ? 'step' : 'steps'} ${joinAnd(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for a person`;
}
