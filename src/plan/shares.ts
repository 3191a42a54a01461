import type { Backend } from '../spec/types.ts';
import { backendId, backendIds, compareText } from './backend-id.ts';
import type { Allocation, BackendId, Shares } from './types.ts';

/** All traffic, in basis points. */
export const ALL = 10_000;

/** A backend's part as the exact fraction `numerator / denominator` of a basis point. */
export type Exact = readonly [id: BackendId, numerator: number];

/** Shares that the weights come to. Weights must not all be zero; `parse` sees to that. */
export function sharesOf(backends: readonly Backend[]): Shares {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) throw new RangeError('all weights are zero');
  const exact = backends.map((backend): Exact => [backendId(backend), backend.weight * ALL]);
  return roundByLargestRemainder(exact, total);
}

/** The allocation that a list of backends asks for. */
export function allocationOf(backends: readonly Backend[]): Allocation {
  return { backends, shares: sharesOf(backends) };
}

/**
 * Shares on the way from live to desired: (1 - p) * live + p * desired for each backend, sum exactly 10,000. At 0 they are
 * those of live, at 100 those of desired, in between both sides are listed. When nothing is live there is no way to go.
 */
export function shares(live: Allocation, desired: Allocation, progressPercent: number): Shares {
  if (!Number.isInteger(progressPercent) || progressPercent < 0 || progressPercent > 100) {
    throw new RangeError(`progress is a whole number from 0 to 100, not ${progressPercent}`);
  }
  if (progressPercent === 100 || isEmpty(live)) return desired.shares;
  if (progressPercent === 0) return live.shares;
  const exact = unionBackends(live, desired).map((backend): Exact => {
    const id = backendId(backend);
    const numerator = (100 - progressPercent) * (live.shares[id] ?? 0) + progressPercent * (desired.shares[id] ?? 0);
    return [id, numerator];
  });
  return roundByLargestRemainder(exact, 100);
}

/** Whether nothing serves: a first apply, or after a delete. */
export function isEmpty({ shares: parts }: Allocation): boolean {
  return backendIds(parts).length === 0;
}

/** Whether two sets of shares give everybody the same; not listed is 0. */
export function sameShares(left: Shares, right: Shares): boolean {
  return backendIds({ ...left, ...right }).every((id) => (left[id] ?? 0) === (right[id] ?? 0));
}

/** The backends of both sides, each once, live first; one that is on both sides has desired's name and weight. */
export function unionBackends(live: Allocation, desired: Allocation): readonly Backend[] {
  const both = [...live.backends, ...desired.backends];
  return [...new Map(both.map((backend) => [backendId(backend), backend])).values()];
}

/** A cluster's share is the sum of its backends' shares. Clusters with share 0 are listed, in order of name. */
export function clusterShares({ backends, shares: parts }: Allocation): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const backend of backends) {
    sums.set(backend.cluster, (sums.get(backend.cluster) ?? 0) + (parts[backendId(backend)] ?? 0));
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => compareText(a, b)));
}

/**
 * Rounds down, then gives the basis points that are left to the largest remainders, ties by id: the same result in whatever
 * order backends come. A remainder of 0 never gets one, so nobody rises from 0 by rounding. All numbers are integers
 * below 2^53 (at most 256 backends * 1,000,000 * 10,000), so nothing is lost.
 */
export function roundByLargestRemainder(exact: readonly Exact[], denominator: number): Shares {
  const parts = exact
    .map(([id, numerator]) => ({ id, floor: Math.floor(numerator / denominator), remainder: numerator % denominator }))
    .sort((a, b) => b.remainder - a.remainder || compareText(a.id, b.id));
  const left = ALL - parts.reduce((sum, { floor }) => sum + floor, 0);
  const rounded = parts.map(({ id, floor }, rank) => [id, floor + (rank < left ? 1 : 0)] as const);
  return Object.fromEntries(rounded.sort(([a], [b]) => compareText(a, b)));
}
