import { describe, expect, it } from 'vitest';
import { answersIn, countedSince, judgeMeasured, type MeasuredInput } from '../../../src/plan/measured.ts';

const QUARTER = { east: 2_500, west: 7_500 };

function judge(counted: Readonly<Record<string, number>>, overrides: Partial<MeasuredInput> = {}) {
  return judgeMeasured({ wanted: QUARTER, counted, tolerancePercent: 5, ...overrides });
}

describe('measured shares', () => {
  it('are within when each cluster is as near as tolerance and chance together allow, and the message says all of it', () => {
    expect(judge({ east: 260, west: 740 })).toEqual({
      kind: 'within',
      message: 'measured among 1000 answers: east 26 % (wanted 25 %), west 74 % (wanted 75 %)',
      shares: { east: 2_600, west: 7_400 },
    });
  });

  it('are outside beyond that, and the message names who is and by how much it may be', () => {
    expect(judge({ east: 500, west: 500 })).toEqual({
      kind: 'outside',
      message:
        'measured among 1000 answers: east has 50 %, wanted is 25 %, and it may be off by 9.11 %, ' +
        'west has 50 %, wanted is 75 %, and it may be off by 9.11 %',
      shares: { east: 5_000, west: 5_000 },
    });
  });

  // 3 * sqrt(0.25 * 0.75 / n) <= 0.05 from n = 675 on.
  it.each([
    [674, 'tooFew'],
    [675, 'within'],
  ])('of %i answers are %s', (answers, kind) => {
    const east = Math.round(answers / 4);
    expect(judge({ east, west: answers - east })).toMatchObject({ kind });
  });

  it('says how many answers it takes', () => {
    expect(judge({ east: 3, west: 9 })).toEqual({
      kind: 'tooFew',
      needed: 675,
      message: '12 answers were counted; to measure east 25 %, west 75 % to 5 percentage points takes 675',
    });
    expect(judge({})).toMatchObject({ kind: 'tooFew', message: expect.stringMatching(/^no answers were counted/) });
  });

  it('needs whole numbers of answers that are exact where the arithmetic is not', () => {
    expect(judge({}, { wanted: { east: 5_000, west: 5_000 }, tolerancePercent: 1 })).toMatchObject({ needed: 22_500 });
    expect(judge({}, { wanted: { east: 1_000, west: 9_000 }, tolerancePercent: 3 })).toMatchObject({ needed: 900 });
  });

  it('take one answer when one cluster has everything: there is no chance in it', () => {
    const wanted = { east: 10_000, west: 0 };
    expect(judge({}, { wanted })).toMatchObject({ kind: 'tooFew', needed: 1 });
    expect(judge({ east: 1 }, { wanted })).toMatchObject({ kind: 'within' });
    expect(judge({ west: 1 }, { wanted })).toMatchObject({ kind: 'outside' });
  });

  it('are outside when somebody answers for whom nothing is wanted, beyond the tolerance', () => {
    const wanted = { east: 10_000 };
    expect(judge({ east: 95, north: 5 }, { wanted })).toMatchObject({ kind: 'within' });
    expect(judge({ east: 94, north: 6 }, { wanted })).toMatchObject({
      kind: 'outside',
      message: expect.stringContaining('north has 6 %, wanted is 0 %, and it may be off by 5 %'),
    });
  });

  it('of a fair draw are within for nearly every sample', () => {
    let seed = 7;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const kinds = Array.from({ length: 1_000 }, () => {
      const east = Array.from({ length: 675 }, random).filter((one) => one < 0.25).length;
      return judge({ east, west: 675 - east }).kind;
    });
    expect(kinds.filter((kind) => kind !== 'within')).toEqual([]);
  });
});

describe('answers since', () => {
  const since = { 'a:53#one': { east: 100, west: 50 }, 'b:53#uno': { east: 10 } };

  it('are those of all instances together, without the ones of before', () => {
    const counted = countedSince(since, { 'a:53#one': { east: 103, west: 57 }, 'b:53#uno': { east: 11, west: 2 } });
    expect(counted).toEqual({ east: 4, west: 9 });
    expect(answersIn(counted)).toBe(13);
  });

  it('count from 0 where an instance has begun anew, also when it has more by now', () => {
    expect(countedSince(since, { 'a:53#two': { east: 500, west: 400 } })).toEqual({ east: 500, west: 400 });
    expect(countedSince(since, { 'a:53#one': { east: 3, west: 57 } })).toEqual({ east: 3, west: 57 });
  });

  it('leave out an instance that did not tell at the beginning, and one that does not tell now', () => {
    expect(countedSince(since, { 'c:53#two': { east: 7 } })).toEqual({});
    expect(countedSince({}, { 'a:53#one': { east: 7 } })).toEqual({});
    expect(countedSince(since, { 'b:53#uno': { east: 12 } })).toEqual({ east: 2 });
  });

  it('count once for a server that is asked at several addresses: each tells the same run', () => {
    const both = { 'a:53#one': { east: 100, west: 50 }, 'b:53#one': { east: 100, west: 50 } };
    expect(countedSince(both, { 'a:53#one': { east: 190, west: 60 }, 'b:53#one': { east: 190, west: 60 } })).toEqual({
      east: 90,
      west: 10,
    });
    // Asked one after the other, in any order, while it answers.
    expect(countedSince(both, { 'a:53#one': { east: 191, west: 60 }, 'b:53#one': { east: 190, west: 60 } })).toEqual({
      east: 91,
      west: 10,
    });
    expect(countedSince(both, { 'a:53#one': { east: 190, west: 60 }, 'b:53#one': { east: 191, west: 60 } })).toEqual({
      east: 91,
      west: 10,
    });
  });

  it('count once for such a server that has begun anew, and go on when another of its addresses tells', () => {
    expect(countedSince(since, { 'a:53#two': { east: 7 }, 'b:53#two': { east: 7 } })).toEqual({ east: 7 });
    expect(countedSince(since, { 'c:53#one': { east: 107, west: 50 } })).toEqual({ east: 7 });
  });
});
