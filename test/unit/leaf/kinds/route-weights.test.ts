import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeWeights } from '../../../../src/planes/leaf/kinds/route-weights.ts';
import { aBackend } from './builders.ts';

function scaled(...weights: number[]): readonly number[] {
  return routeWeights(weights.map((weight, index) => ({ backend: aBackend(`v${index}`), weight })));
}

function errorOf(rounded: readonly number[], weights: readonly number[]): number {
  const [sum, total] = [rounded, weights].map((all) => all.reduce((left, right) => left + right, 0));
  return Math.max(...rounded.map((part, index) => Math.abs(part / (sum ?? 1) - (weights[index] ?? 0) / (total ?? 1))));
}

describe('the weights of a Route', () => {
  it.each([
    [[10_000], [1]],
    [
      [9_000, 1_000],
      [9, 1],
    ],
    [
      [4_500, 500],
      [9, 1],
    ],
    [
      [5_000, 0],
      [1, 0],
    ],
    [
      [3_334, 3_333, 3_333],
      [1, 1, 1],
    ],
    [
      [9_900, 100],
      [99, 1],
    ],
    [
      [2_500, 2_500, 2_500, 2_500],
      [1, 1, 1, 1],
    ],
    [
      [9_999, 1],
      [256, 1],
    ],
    [
      [9_950, 50],
      [199, 1],
    ],
    [
      [1_000_000, 0, 1],
      [256, 0, 1],
    ],
  ])('%j become %j', (weights, expected) => {
    expect(scaled(...weights)).toEqual(expected);
  });

  it('are whole, at most 256, at least 1 for who has any, 0 for who has none, and as near as two numbers can be', () => {
    const weights = fc
      .array(fc.nat(10_000), { minLength: 1, maxLength: 4 })
      .filter((all) => all.some((one) => one > 0));
    fc.assert(
      fc.property(weights, (all) => {
        const rounded = scaled(...all);
        for (const [index, part] of rounded.entries()) {
          expect(Number.isInteger(part) && part <= 256).toBe(true);
          expect(part > 0).toBe((all[index] ?? 0) > 0);
        }
        // A part below 1/257 is raised to that; apart from it, 256 steps leave less than half a step of error.
        expect(errorOf(rounded, all)).toBeLessThan(0.5 / 256 + 3 / 257);
      }),
      { numRuns: 300 },
    );
  });

  it('are the best of all there are, for two backends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), (share) => {
        const all = [share, 10_000 - share];
        let best = Number.POSITIVE_INFINITY;
        for (let left = 1; left <= 256; left += 1) {
          for (let right = 1; right <= 256; right += 1) best = Math.min(best, errorOf([left, right], all));
        }
        expect(errorOf(scaled(...all), all)).toBeCloseTo(best, 12);
      }),
      { numRuns: 30 },
    );
  });
});
