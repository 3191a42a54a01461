import { compareText } from './backend-id.ts';
import { percentText } from './explain.ts';

/**
 * Answers by cluster that instances of planes have given for a hostname since they began, by `countedBy(instance, run)`.
 */
export type Counted = Readonly<Record<string, Counts>>;

/** Answers, by cluster. */
export type Counts = Readonly<Record<string, number>>;

/** Basis points, by cluster. */
export type MeasuredShares = Readonly<Record<string, number>>;

/** What counted answers say of the shares that are wanted. */
export type Measured =
  | { readonly kind: 'within'; readonly message: string; readonly shares: MeasuredShares }
  | { readonly kind: 'outside'; readonly message: string; readonly shares: MeasuredShares }
  /** `needed`: how many answers it takes to tell. */
  | { readonly kind: 'tooFew'; readonly message: string; readonly needed: number };

export interface MeasuredInput {
  /** Basis points, by cluster. */
  readonly wanted: Readonly<Record<string, number>>;
  readonly counted: Counts;
  /** Percentage points that each cluster may be off, beside what chance does. */
  readonly tolerancePercent: number;
}

const ALL = 10_000;
const BASIS_POINTS_OF_PERCENT = 100;
/** Standard deviations that chance is given: one judgement in 370 would be wrong with two clusters. */
const SIGMAS = 3;

/** The key of one run of an instance in `Counted`: what counts from 0 again is another run. */
export function countedBy(instance: string, run: string): string {
  return `${instance}#${run}`;
}

/**
 * Answers by cluster that were counted after `since`. An instance that did not tell then is left out: nobody knows which
 * of its answers were given before. One that has begun anew counts from 0. One that is asked at several addresses tells the
 * same run at each, and counts once.
 */
export function countedSince(since: Counted, now: Counted): Counts {
  const instances = new Set(Object.keys(since).map(instanceOf));
  const told = byRun(since);
  const known = Object.entries(now).filter(([key]) => told.has(runOf(key)) || instances.has(instanceOf(key)));
  const sum = new Map<string, number>();
  for (const [run, counts] of byRun(Object.fromEntries(known))) {
    const before = told.get(run) ?? {};
    const hasBegunAnew = Object.keys(before).some((cluster) => (counts[cluster] ?? 0) < (before[cluster] ?? 0));
    for (const [cluster, count] of Object.entries(counts)) {
      const more = count - (hasBegunAnew ? 0 : (before[cluster] ?? 0));
      if (more > 0) sum.set(cluster, (sum.get(cluster) ?? 0) + more);
    }
  }
  return Object.fromEntries(sum);
}

/** What each run has told last: it counts on while one of its addresses is asked after the other. */
function byRun(counted: Counted): ReadonlyMap<string, Counts> {
  const runs = new Map<string, Counts>();
  for (const [key, counts] of Object.entries(counted)) {
    const other = runs.get(runOf(key));
    if (other === undefined || answersIn(other) < answersIn(counts)) runs.set(runOf(key), counts);
  }
  return runs;
}

/** How many answers these are. */
export function answersIn(counted: Counts): number {
  return Object.values(counted).reduce((sum, count) => sum + count, 0);
}

/** Whether the answers that were counted are split as wanted, as far as so many can tell. */
export function judgeMeasured(input: MeasuredInput): Measured {
  const answers = answersIn(input.counted);
  const needed = neededAnswers(input);
  if (answers < needed) return { kind: 'tooFew', message: tooFewText(input, answers, needed), needed };
  const all = clustersOf(input).map((cluster) => look(input, cluster, answers));
  const shares = Object.fromEntries(all.map(({ cluster, measured }) => [cluster, measured]));
  const outside = all.filter(({ measured, wanted, allowed }) => Math.abs(measured - wanted) > allowed);
  const among = `among ${answers} ${answers === 1 ? 'answer' : 'answers'}`;
  if (outside.length === 0) {
    const found = all.map((one) => `${one.cluster} ${percentText(one.measured)} (wanted ${percentText(one.wanted)})`);
    return { kind: 'within', message: `measured ${among}: ${found.join(', ')}`, shares };
  }
  return { kind: 'outside', message: `measured ${among}: ${outside.map(outsideText).join(', ')}`, shares };
}

/** Until chance alone moves no cluster by more than the tolerance; one answer tells who has all. */
function neededAnswers({ wanted, tolerancePercent }: MeasuredInput): number {
  const each = Object.values(wanted).map((share) => {
    const part = share / ALL;
    return (SIGMAS ** 2 * part * (1 - part)) / (tolerancePercent / 100) ** 2;
  });
  // Rounded first: 10,000 and a rest of 1e-12 is 10,000.
  return Math.max(1, ...each.map((answers) => Math.ceil(Math.round(answers * 1e6) / 1e6)));
}

interface Look {
  readonly cluster: string;
  readonly wanted: number;
  readonly measured: number;
  /** How far it may be off. All three in basis points. */
  readonly allowed: number;
}

function look({ wanted, counted, tolerancePercent }: MeasuredInput, cluster: string, answers: number): Look {
  const share = wanted[cluster] ?? 0;
  const part = share / ALL;
  const chance = SIGMAS * Math.sqrt((part * (1 - part)) / answers);
  return {
    cluster,
    wanted: share,
    measured: Math.round(((counted[cluster] ?? 0) / answers) * ALL),
    allowed: tolerancePercent * BASIS_POINTS_OF_PERCENT + chance * ALL,
  };
}

/** Sorted by name: those that are to be answered, and those that were. */
function clustersOf({ wanted, counted }: MeasuredInput): readonly string[] {
  return [...new Set([...Object.keys(wanted), ...Object.keys(counted)])].sort(compareText);
}

function outsideText({ cluster, measured, wanted, allowed }: Look): string {
  const off = percentText(Math.round(allowed));
  return `${cluster} has ${percentText(measured)}, wanted is ${percentText(wanted)}, and it may be off by ${off}`;
}

function tooFewText({ wanted, tolerancePercent }: MeasuredInput, answers: number, needed: number): string {
  const shares = Object.keys(wanted)
    .sort(compareText)
    .map((cluster) => `${cluster} ${percentText(wanted[cluster] ?? 0)}`);
  const found = `${answers === 0 ? 'no' : answers} ${answers === 1 ? 'answer was' : 'answers were'} counted`;
  return `${found}; to measure ${shares.join(', ')} to ${tolerancePercent} percentage points takes ${needed}`;
}

function instanceOf(key: string): string {
  return key.slice(0, key.lastIndexOf('#'));
}

function runOf(key: string): string {
  return key.slice(key.lastIndexOf('#') + 1);
}
