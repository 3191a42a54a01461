import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { trafficActivities } from '../../../src/activities/traffic.ts';
import type { Observation, Plane } from '../../../src/planes/plane.ts';
import { anIngress } from '../dns/support.ts';
import { asActivity } from './activity-context.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] }));
// The timers of promises are not among those that vitest winds.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
}));
afterEach(() => void vi.useRealTimers());

const PENDING: Observation = { kind: 'pending', instance: 'a', reason: 'OldRevision', message: 'is behind' };

function aScene() {
  let looks = 0;
  let isOver = false;
  const observe = async (): Promise<readonly Observation[]> => {
    looks += 1;
    return isOver ? [] : [PENDING];
  };
  const plane = { name: 'scripted', observe } as unknown as Plane;
  const store = { claim: async () => ({ kind: 'claimed' }), put: async () => ({ kind: 'written' }) };
  const { shiftTraffic } = trafficActivities({ store, planes: [plane], report: async () => undefined } as never);

  /** How often planes are asked about one hostname in so many milliseconds, while so many wait for them. */
  return async (waiting: number, ms: number): Promise<number> => {
    [looks, isOver] = [0, false];
    const shifts = Array.from({ length: waiting }, (_, index) => {
      const globalIngress = anIngress({ host: `shop-${index}.example.test` });
      const shift = async () => void (await shiftTraffic({ watch: 'one', globalIngress }));
      return asActivity({ heartbeatTimeoutMs: 1e9 }, shift);
    });
    await vi.advanceTimersByTimeAsync(ms);
    const ofEach = looks / waiting;
    isOver = true;
    await vi.advanceTimersByTimeAsync(60_000);
    for (const { ended } of shifts) expect(await ended).toBe('completed');
    return ofEach;
  };
}

it('a shift asks planes less often while many wait for them, and as often as before when they are through', async () => {
  const looksOfEach = aScene();
  const alone = await looksOfEach(1, 200);
  expect(alone).toBe(5);
  expect(await looksOfEach(8, 200)).toBe(alone);
  expect(await looksOfEach(40, 200)).toBe(3);
  expect(await looksOfEach(1, 200)).toBe(alone);
});
