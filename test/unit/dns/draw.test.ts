import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Draws, stratifiedDraw } from '../../../src/planes/dns/draw.ts';
import type { DrawnEntry } from '../../../src/planes/dns/zone/types.ts';

/** Two to six shares that sum to 10,000, of every kind: even, lopsided, one basis point. */
const sharesOf = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 9_000 })), { minLength: 1, maxLength: 5 })
  .map((shares) => {
    const sum = shares.reduce((left, right) => left + right, 0);
    const scaled = sum < 10_000 ? shares : shares.map((share) => Math.max(1, Math.floor((share * 9_000) / sum)));
    return [...scaled, 10_000 - scaled.reduce((left, right) => left + right, 0)];
  });

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Counts minus exact parts, after each of n draws, beginning with none. */
function deviations(shares: readonly number[], random: number, draws: number): readonly (readonly number[])[] {
  const total = shares.reduce((left, right) => left + right, 0);
  const draw = stratifiedDraw(shares, () => random);
  const counts = shares.map(() => 0);
  const rows = [counts.map(() => 0)];
  for (let n = 1; n <= draws; n += 1) {
    const chosen = draw();
    counts[chosen] = (counts[chosen] ?? Number.NaN) + 1;
    rows.push(counts.map((count, index) => count - (n * (shares[index] ?? Number.NaN)) / total));
  }
  return rows;
}

describe('a draw by share', () => {
  it('gives each choice its exact part of the first n draws, within 1', () => {
    fc.assert(
      fc.property(sharesOf, chance, (shares, random) => {
        for (const row of deviations(shares, random, 600)) {
          for (const deviation of row) expect(Math.abs(deviation)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives each choice its exact part of any window of draws, within 2', () => {
    fc.assert(
      fc.property(sharesOf, chance, fc.nat(500), fc.nat(500), (shares, random, start, length) => {
        const rows = deviations(shares, random, start + length);
        rows[start]?.forEach((before, index) => {
          expect(Math.abs((rows[start + length]?.[index] ?? Number.NaN) - before)).toBeLessThanOrEqual(2);
        });
      }),
      { numRuns: 200 },
    );
  });

  it.each([[[9_000, 1_000]], [[9_999, 1]], [[3_334, 3_333, 3_333]], [[9_998, 1, 1]], [[5_000, 2_500, 1_250, 1_250]]])(
    'is exact after 10,000 draws, and within 1 on the whole way and far beyond: %j',
    (shares) => {
      const rows = deviations(shares, 0.37, 25_000);
      expect(rows[10_000]?.map((deviation) => Math.abs(Math.round(deviation)))).toEqual(shares.map(() => 0));
      const worst = Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))));
      expect(worst).toBeLessThanOrEqual(1);
    },
  );

  it.each([[[9_000, 1_000]], [[6_000, 3_000, 1_000]]])('begins by chance: %j', (shares) => {
    const firsts = Array.from({ length: 10 }, (_value, index) => stratifiedDraw(shares, () => index / 10)());
    const counts = shares.map((_share, choice) => firsts.filter((first) => first === choice).length);
    expect(counts).toEqual(shares.map((share) => share / 1_000));
  });
});

describe('draws', () => {
  it('are counted apart for each entry, and begin anew with a new one', () => {
    const entry = (host: string): DrawnEntry => ({
      kind: 'drawn',
      host,
      choices: [9_000, 1_000].map((share) => ({
        cluster: `${share}`,
        share,
        records: { count: 0, bytes: Buffer.alloc(0) },
      })),
    });
    const draws = new Draws(() => 0.05);
    const [a, b] = [entry('a'), entry('b')];
    const take = (of: DrawnEntry) => Array.from({ length: 10 }, () => draws.next(of));
    const alone = take(a);
    expect(alone.filter((index) => index === 1)).toHaveLength(1);
    const mixed = Array.from({ length: 10 }, () => [draws.next(b), draws.next(a)]);
    expect(mixed.map(([first]) => first)).toEqual(alone);
    expect(take(entry('a'))).toEqual(alone);
  });
});
