import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/lib/kubernetes/backoff.ts';

describe('backoff', () => {
  it('doubles from a quarter of a second up to half a minute', () => {
    expect([0, 1, 2, 3, 6, 7, 50].map((failures) => backoffMs(failures, 1))).toEqual([
      250, 500, 1_000, 2_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('leaves out a random half', () => {
    expect(backoffMs(2, 0)).toBe(500);
    expect(backoffMs(2, 0.5)).toBe(750);
  });

  it('waits at least as long as the server asked for', () => {
    expect(backoffMs(0, 0, 7)).toBe(7_125);
  });
});
