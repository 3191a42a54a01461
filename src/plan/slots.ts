import type { SlotRange } from './global-ingress.ts';
import { ALL } from './shares.ts';

/**
 * Who has which of the 10,000 slots that clients are hashed to. When shares change, only as many slots move as must, from
 * clusters that shrink to clusters that grow: no client of a growing cluster leaves it. Slots stay together as far as that
 * allows. Without slots before (`previous`), each cluster has one run, in order of name. Empty when nothing serves.
 */
export function assignSlots(
  previous: readonly SlotRange[] | undefined,
  clusterShares: Readonly<Record<string, number>>,
): readonly SlotRange[] {
  const shares = Object.entries(clusterShares).map(([cluster, count]) => ({ cluster, count }));
  if (previous === undefined || countOf(previous) !== ALL || countOf(shares) !== ALL) return joinRuns(shares);
  const budget = budgetOf(previous, clusterShares);
  let runs = joinRuns(previous);
  for (let move = bestMove(runs, budget); move !== undefined; move = bestMove(runs, budget)) {
    runs = carryOut(runs, move);
    take(budget.spare, move.from, move.count);
    take(budget.missing, move.to, move.count);
  }
  return runs;
}

/** How many slots each shrinking cluster still has to give, and each growing one still has to get. */
interface Budget {
  readonly spare: Map<string, number>;
  readonly missing: Map<string, number>;
}

/** `count` slots at one end of the run at `index` (or all of it) go to another cluster. */
interface Move {
  readonly index: number;
  readonly end: 'first' | 'last';
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** What it does to the runs, best first. */
  readonly rank: number;
}

/** A whole run joins its neighbour; a border shifts; a whole run changes hands; a run is cut in two. */
const RANK = { join: 0, border: 1, whole: 2, cut: 3 } as const;

function budgetOf(previous: readonly SlotRange[], clusterShares: Readonly<Record<string, number>>): Budget {
  const change = new Map(Object.entries(clusterShares));
  for (const { cluster, count } of previous) change.set(cluster, (change.get(cluster) ?? 0) - count);
  const changes = [...change];
  return {
    spare: new Map(changes.flatMap(([cluster, by]) => (by < 0 ? [[cluster, -by] as const] : []))),
    missing: new Map(changes.flatMap(([cluster, by]) => (by > 0 ? [[cluster, by] as const] : []))),
  };
}

function take(amounts: Map<string, number>, cluster: string, count: number): void {
  const left = (amounts.get(cluster) ?? 0) - count;
  if (left > 0) amounts.set(cluster, left);
  else amounts.delete(cluster);
}

/** The move that leaves the fewest runs; among equals that of the smallest run, so that fragments go first. */
function bestMove(runs: readonly SlotRange[], budget: Budget): Move | undefined {
  let best: Move | undefined;
  for (const index of runs.keys()) {
    for (const move of movesOf(runs, index, budget)) {
      if (best === undefined || isBetter(runs, move, best)) best = move;
    }
  }
  return best;
}

function isBetter(runs: readonly SlotRange[], move: Move, best: Move): boolean {
  if (move.rank !== best.rank) return move.rank < best.rank;
  const [size, bestSize] = [runs[move.index]?.count ?? 0, runs[best.index]?.count ?? 0];
  return move.rank === RANK.cut ? size > bestSize : size < bestSize;
}

function movesOf(runs: readonly SlotRange[], index: number, { spare, missing }: Budget): readonly Move[] {
  const run = runs[index];
  const give = run === undefined ? undefined : spare.get(run.cluster);
  if (run === undefined || give === undefined) return [];
  const move = (to: string, end: Move['end'], isNext: boolean): Move => {
    const count = Math.min(run.count, give, missing.get(to) ?? 0);
    const isWhole = count === run.count;
    const rank = isNext ? (isWhole ? RANK.join : RANK.border) : isWhole ? RANK.whole : RANK.cut;
    return { index, end, from: run.cluster, to, count, rank };
  };
  const [before, after] = [runs[index - 1]?.cluster, runs[index + 1]?.cluster];
  const largest = [...missing].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as const)[0];
  return [
    ...(before !== undefined && missing.has(before) ? [move(before, 'first', true)] : []),
    ...(after !== undefined && missing.has(after) ? [move(after, 'last', true)] : []),
    ...(missing.size > 0 ? [move(largest, 'last', false)] : []),
  ];
}

function carryOut(runs: readonly SlotRange[], { index, end, from, to, count }: Move): readonly SlotRange[] {
  const rest = { cluster: from, count: (runs[index]?.count ?? 0) - count };
  const given = { cluster: to, count };
  return joinRuns([
    ...runs.slice(0, index),
    ...(end === 'first' ? [given, rest] : [rest, given]),
    ...runs.slice(index + 1),
  ]);
}

/** Neighbouring runs of one cluster become one, empty ones go. */
function joinRuns(runs: readonly SlotRange[]): readonly SlotRange[] {
  const joined: SlotRange[] = [];
  for (const { cluster, count } of runs) {
    const last = joined.at(-1);
    if (last?.cluster === cluster) joined[joined.length - 1] = { cluster, count: last.count + count };
    else if (count > 0) joined.push({ cluster, count });
  }
  return joined;
}

function countOf(runs: readonly SlotRange[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}
