import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../../../src/planes/dns/limits/budget.ts';

describe('a budget', () => {
  it('lets as many through at once as it has for a second, and then its rate', () => {
    let now = 0;
    const budget = new Budget(10, () => now);
    const taken = () => Array.from({ length: 100 }, () => budget.take()).filter(Boolean).length;
    expect(taken()).toBe(10);
    expect(taken()).toBe(0);
    now += 500;
    expect(taken()).toBe(5);
    now += 60_000;
    expect(taken()).toBe(10);
  });

  it('never lets more through than rate times time, and a second in advance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.array(fc.integer({ min: -50, max: 300 })), (rate, steps) => {
        let now = 1_000;
        let latest = now;
        const budget = new Budget(rate, () => now);
        let taken = 0;
        for (const step of steps) {
          now += step;
          latest = Math.max(latest, now);
          for (let tries = 0; tries < 20; tries += 1) if (budget.take()) taken += 1;
        }
        // A clock that goes back and forth earns its steps forward.
        const forward = steps.filter((step) => step > 0).reduce((sum, step) => sum + step, 0);
        expect(taken).toBeLessThanOrEqual(rate + (forward * rate) / 1_000 + 1);
      }),
    );
  });
});
