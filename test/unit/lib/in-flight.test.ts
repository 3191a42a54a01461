import { describe, expect, it } from 'vitest';
import { InFlight } from '../../../src/lib/in-flight.ts';

describe('tasks in flight', () => {
  it('are never more than the limit, and the others follow in the order in which they came', async () => {
    const inFlight = new InFlight(3);
    const started: number[] = [];
    let [running, most] = [0, 0];
    const tasks = Array.from({ length: 50 }, (_, index) =>
      inFlight.run(async () => {
        started.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return index;
      }),
    );
    expect(await Promise.all(tasks)).toEqual(started);
    expect(started).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(most).toBe(3);
  });

  it('give their place back when they fail', async () => {
    const inFlight = new InFlight(1);
    await expect(inFlight.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inFlight.run(() => Promise.resolve('yes'))).toBe('yes');
  });
});
