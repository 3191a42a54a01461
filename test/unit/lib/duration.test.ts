import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, parseDuration } from '../../../src/lib/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['1s', 1],
    ['10m', 600],
    ['1m30s', 90],
    ['1h30m', 5400],
    ['24h', 86_400],
    ['1000ms', 1],
    ['1s500ms500ms', 2],
  ])('reads %s as %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    '10',
    '10 minutes',
    '10min',
    '1500ms',
    '-5s',
    '1.5h',
    '1d',
    's',
    ' 5s',
    '5s ',
    '5S',
    '100000s',
    '1s1s1s1s1s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatSeconds', () => {
  it.each([
    [0, '0s'],
    [5, '5s'],
    [90, '1m30s'],
    [600, '10m'],
    [3_605, '1h5s'],
    [86_400, '24h'],
  ])('writes %i as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('writes what parseDuration reads', () => {
    fc.assert(
      fc.property(fc.nat({ max: 99_999 * 3_600 }), (seconds) => parseDuration(formatSeconds(seconds)) === seconds),
    );
  });
});
