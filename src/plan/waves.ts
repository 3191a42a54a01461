import { backendId } from './backend-id.ts';
import { ALL, type Exact, isEmpty, roundByLargestRemainder, shares, unionBackends } from './shares.ts';
import type { Allocation, Shares } from './types.ts';

/** How far each cluster has come from live to desired, in whole per cent. Clusters that are not listed are at 0. */
export type Progress = Readonly<Record<string, number>>;

/**
 * Shares when clusters are not equally far: (1 - p) * live + p * desired for each backend, with the p of its cluster. What
 * that is short of all traffic, or above it, is borne by the clusters at 0, in proportion to what they have; what they cannot
 * bear by all others, in proportion too. With one p for all clusters it is `shares`. Sums to exactly 10,000.
 */
export function sharesAt(live: Allocation, desired: Allocation, progress: Progress): Shares {
  return sharesOnTheWay({ live, desired, progress, fixed: [] });
}

export interface OnTheWay {
  readonly live: Allocation;
  readonly desired: Allocation;
  readonly progress: Progress;
  /** Clusters that keep to the basis point what they have in `live`, whatever the others do. */
  readonly fixed: readonly string[];
}

/** As `sharesAt`, around clusters that nothing may change. Where nobody else could take what is left, all stays as in `live`. */
export function sharesOnTheWay({ live, desired, progress, fixed }: OnTheWay): Shares {
  const clusters = [...new Set(unionBackends(live, desired).map(({ cluster }) => cluster))];
  const percents = new Set(clusters.map((cluster) => percentOf(progress, cluster)));
  const [percent = 0] = percents;
  if (fixed.length === 0 && (percents.size === 1 || isEmpty(live))) return shares(live, desired, percent);
  const parts = unionBackends(live, desired).map((backend): Part => {
    const id = backendId(backend);
    const p = percentOf(progress, backend.cluster);
    const [before, after] = [live.shares[id] ?? 0, desired.shares[id] ?? 0];
    if (fixed.includes(backend.cluster)) return { id, group: 'fixed', hundredths: 100 * before };
    return { id, group: p === 0 ? 'resting' : 'moved', hundredths: (100 - p) * before + p * after };
  });
  return evenOut(parts) ?? live.shares;
}

/** Basis points are counted in hundredths, so that per cent of them are whole. */
interface Part {
  readonly id: Exact[0];
  readonly group: 'fixed' | 'resting' | 'moved';
  readonly hundredths: number;
}

/**
 * Makes the parts sum to all traffic; undefined when there is nothing to make more or less of. Sums are at most 2,000,000, so
 * products stay below 2^53.
 */
function evenOut(parts: readonly Part[]): Shares | undefined {
  const sums = { fixed: 0, resting: 0, moved: 0 };
  for (const { group, hundredths } of parts) sums[group] += hundredths;
  const free = 100 * ALL - sums.fixed;
  const left = free - sums.moved;
  if (sums.resting > 0 && left > 0) {
    return scaled(parts, { by: sums.resting, resting: left, moved: sums.resting });
  }
  return sums.moved === 0 ? undefined : scaled(parts, { by: sums.moved, resting: 0, moved: free });
}

/** Each group times its factor, all over `by`. */
function scaled(
  parts: readonly Part[],
  { by, ...factors }: { readonly by: number; readonly resting: number; readonly moved: number },
): Shares {
  const exact = parts.map(({ id, group, hundredths }): Exact => {
    return [id, hundredths * (group === 'fixed' ? by : factors[group])];
  });
  return roundByLargestRemainder(exact, 100 * by);
}

function percentOf(progress: Progress, cluster: string): number {
  const percent = progress[cluster] ?? 0;
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return percent;
  throw new RangeError(`progress is a whole number from 0 to 100, not ${percent} (${cluster})`);
}
