import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src/planes/dns/client.ts';
import { stratifiedDraw } from '../../../src/planes/dns/draw/stratified.ts';
import { anIngress, anUpdate, aQuery, aResponder, EAST, HOST, read, served, WEST } from './support.ts';

/** Two to six shares that sum to 10,000, of every kind: even, lopsided, one basis point. */
const sharesOf = fc
  .array(fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 9_000 })), { minLength: 1, maxLength: 5 })
  .map((shares) => {
    const sum = shares.reduce((left, right) => left + right, 0);
    const scaled = sum < 10_000 ? shares : shares.map((share) => Math.max(1, Math.floor((share * 9_000) / sum)));
    return [...scaled, 10_000 - scaled.reduce((left, right) => left + right, 0)];
  });

/** These draws look at no client. */
const ANYBODY: Client = { family: 4, octets: new Uint8Array(4), bits: 32 };

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Counts minus exact parts, after each of n draws, beginning with none. */
function deviations(shares: readonly number[], random: number, draws: number): readonly (readonly number[])[] {
  const total = shares.reduce((left, right) => left + right, 0);
  const draw = stratifiedDraw(shares, () => random);
  const counts = shares.map(() => 0);
  const rows = [counts.map(() => 0)];
  for (let n = 1; n <= draws; n += 1) {
    const chosen = draw.next(ANYBODY);
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
    const firsts = Array.from({ length: 10 }, (_value, index) =>
      stratifiedDraw(shares, () => index / 10).next(ANYBODY),
    );
    const counts = shares.map((_share, choice) => firsts.filter((first) => first === choice).length);
    expect(counts).toEqual(shares.map((share) => share / 1_000));
  });
});

describe('draws by turns', () => {
  it.each([[[9_000, 1_000]], [[6_000, 3_000, 1_000]]])(
    'may give any choice to anybody, as all choices of %j tell',
    (shares) => {
      const draw = stratifiedDraw(shares, () => 0.5);
      expect(draw.candidates(ANYBODY)).toEqual([...shares.keys()]);
      expect(draw.scopeBits(ANYBODY)).toBe(0);
    },
  );
});

describe('draws', () => {
  const OTHER = 'api.example.test';
  const targets = [
    { ...EAST, share: 9_000, addresses: ['127.0.0.11', '::11'] },
    { ...WEST, share: 1_000, addresses: ['127.0.0.12', '::12'] },
  ];
  const state = (host: string, revision = 7) => served(anIngress({ host, revision, targets }));
  const server = (random: () => number) => aResponder({ hosts: [state(HOST), state(OTHER)], random });

  /** Which of `count` answers are west's. */
  function west({ respond }: ReturnType<typeof server>, count: number, { host = HOST, type = 1 } = {}) {
    const answers = Array.from({ length: count }, () => read(respond(aQuery(host, { type }))).addresses[0] ?? '');
    return answers.flatMap((address, index) => (address.endsWith('12') ? [index] : []));
  }

  it('are counted apart for each hostname and type: what comes between takes no turn', () => {
    const alone = west(
      server(() => 0.05),
      30,
    );
    expect(alone).toHaveLength(3);
    const mixed = server(() => 0.05);
    const turns = Array.from({ length: 30 }, () => {
      west(mixed, 3, { host: OTHER });
      west(mixed, 2, { type: 28 });
      west(mixed, 1, { host: `west.${HOST}` });
      return west(mixed, 1);
    });
    expect(turns.flatMap((hits, index) => (hits.length > 0 ? [index] : []))).toEqual(alone);
  });

  it('go on when another hostname changes, and begin anew when their own does', () => {
    const whole = west(
      server(() => 0.05),
      20,
    );
    const one = server(() => 0.05);
    const first = west(one, 7);
    one.tree.apply(anUpdate([state(OTHER, 8)]));
    expect([...first, ...west(one, 13).map((index) => index + 7)]).toEqual(whole);
    one.tree.apply(anUpdate([state(HOST, 8)]));
    expect(west(one, 20)).toEqual(whole);
  });

  it('begin at points of their own, so that the A and AAAA of one client do not march in step', () => {
    let seed = 0;
    const both = server(() => (seed = (seed * 7 + 13) % 101) / 101);
    expect(west(both, 30)).not.toEqual(west(both, 30, { type: 28 }));
  });
});
