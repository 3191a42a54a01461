/** The least, the middle and the greatest of some figures. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export function spread(numbers: readonly number[]): Spread {
  return { median: percentile(numbers, 50), least: Math.min(...numbers), greatest: Math.max(...numbers) };
}

/** By nearest rank: a figure that was really seen; NaN when none was. */
export function percentile(numbers: ArrayLike<number>, percent: number): number {
  const sorted = Float64Array.from(numbers).sort();
  const rank = Math.ceil((sorted.length * percent) / 100);
  return sorted[Math.max(0, rank - 1)] ?? Number.NaN;
}

/** Slope of the straight line that fits points best (least squares). */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const above = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return above / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
}
