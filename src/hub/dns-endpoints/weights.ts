/** Route 53 takes whole numbers up to this. */
const MOST = 255;

/**
 * Weights of 0 to 255 in the ratio of shares: exact where that is possible (70 % and 30 % are 7 and 3), else as near as 255 allows.
 * Zero stays zero, and whoever has a share has a weight.
 */
export function weightsOf(shares: readonly number[]): readonly number[] {
  const divisor = shares.reduce(greatestCommonDivisor, 0);
  if (divisor === 0) return shares.map(() => 0);
  const ratio = shares.map((share) => share / divisor);
  const largest = Math.max(...ratio);
  if (largest <= MOST) return ratio;
  return ratio.map((part) => (part === 0 ? 0 : Math.max(1, Math.round((part * MOST) / largest))));
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
