import type { Weighted } from './serving.ts';

/** Weights of a Route are whole numbers up to this (route.openshift.io/v1, RouteTargetReference). */
const MOST = 256;

/**
 * Whole numbers from 0 to 256 whose parts of their sum are as near to those of `weights` as can be: for each sum that is
 * possible, the parts by largest remainder are the best there are; the best of all sums wins, the smallest of equals.
 * Who has a weight keeps at least 1, so that a small step is a step (up to 0.4 % instead of less).
 */
export function routeWeights(weights: readonly Weighted[]): readonly number[] {
  const parts = weights.map(({ weight }) => weight);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const present = parts.filter((part) => part > 0).length;
  let best: { readonly rounded: readonly number[]; readonly error: number } | undefined;
  for (let sum = present; sum <= MOST * present; sum += 1) {
    const rounded = apportion(parts, total, sum);
    if (rounded.some((part) => part > MOST)) continue;
    const error = Math.max(...rounded.map((part, index) => Math.abs(part * total - (parts[index] ?? 0) * sum) / sum));
    if (best === undefined || error < best.error) best = { rounded, error };
  }
  return best?.rounded ?? parts;
}

function apportion(parts: readonly number[], total: number, sum: number): readonly number[] {
  const exact = parts.map((part, index) => {
    const whole = part > 0 ? Math.max(1, Math.floor((part * sum) / total)) : 0;
    return { index, whole, remainder: part * sum - whole * total };
  });
  const left = sum - exact.reduce((all, { whole }) => all + whole, 0);
  // More than there is may be given out where many are raised to 1; the largest, which feels it least, gives back.
  const ranked =
    left >= 0
      ? exact.filter(({ whole }) => whole > 0).sort((a, b) => b.remainder - a.remainder)
      : exact.toSorted((a, b) => b.whole - a.whole);
  const change = new Map<number, number>();
  for (let given = 0; given < Math.abs(left); given += 1) {
    const index = ranked[left > 0 ? given % ranked.length : 0]?.index ?? 0;
    change.set(index, (change.get(index) ?? 0) + Math.sign(left));
  }
  return exact.map(({ index, whole }) => whole + (change.get(index) ?? 0));
}
