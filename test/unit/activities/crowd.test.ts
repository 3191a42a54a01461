import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { trafficActivities } from '../../../src/activities/traffic.ts';
import type { Counted } from '../../../src/plan/measured.ts';
import type { Observation, Plane } from '../../../src/planes/plane.ts';
import { anIngress } from '../dns/support.ts';
import { asActivity } from './activity-context.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] }));
// The timers of promises are not among those that vitest winds.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: undefined, { signal }: { readonly signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      setTimeout(resolve, ms, value);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
}));
afterEach(() => void vi.useRealTimers());

const PENDING: Observation = { kind: 'pending', instance: 'a', reason: 'OldRevision', message: 'is behind' };

/** A plane that serves nothing until it is told to, and how often it was asked. */
class ScriptedPlane implements Pick<Plane, 'name' | 'observe' | 'measure'> {
  readonly name = 'scripted';
  looks = 0;
  isInForce = false;

  async observe(): Promise<readonly Observation[]> {
    this.looks += 1;
    return this.isInForce ? [] : [PENDING];
  }

  async measure(): Promise<Counted> {
    return {};
  }
}

function aScene() {
  const plane = new ScriptedPlane();
  // However many planes there are, a shift is one.
  const other = new ScriptedPlane();
  other.isInForce = true;
  const store = { claim: async () => ({ kind: 'claimed' }), put: async () => ({ kind: 'written' }) };
  const { shiftTraffic } = trafficActivities({ store, planes: [plane, other], report: async () => undefined } as never);

  /** Begins one shift; what becomes of it is in `outcome`. */
  const shift = (index = 0) => {
    const globalIngress = anIngress({ host: `shop-${index}.example.test` });
    const outcome: { inForce?: unknown } = {};
    const activity = asActivity({ heartbeatTimeoutMs: 1e9 }, async () => {
      outcome.inForce = await shiftTraffic({ watch: 'one', globalIngress, counted: true });
    });
    return { activity, outcome };
  };
  const shifts = (count: number) => Array.from({ length: count }, (_, index) => shift(index));

  /** How often planes are asked about one hostname in so many milliseconds, while so many wait for them. */
  const looksOfEach = async (waiting: number, ms: number): Promise<number> => {
    [plane.looks, plane.isInForce] = [0, false];
    const waited = shifts(waiting);
    await vi.advanceTimersByTimeAsync(ms);
    const ofEach = plane.looks / waiting;
    plane.isInForce = true;
    await vi.advanceTimersByTimeAsync(60_000);
    for (const { activity } of waited) expect(await activity.ended).toBe('completed');
    return ofEach;
  };
  return { plane, shift, shifts, looksOfEach };
}

it('a shift asks planes less often while many wait for them, and as often as before when they are through', async () => {
  const { looksOfEach } = aScene();
  const alone = await looksOfEach(1, 200);
  expect(alone).toBe(5);
  expect(await looksOfEach(8, 200)).toBe(alone);
  expect(await looksOfEach(40, 200)).toBe(3);
  expect(await looksOfEach(1, 200)).toBe(alone);
});

describe('a shift that is in force', () => {
  const ended = (shifts: readonly { readonly outcome: { readonly inForce?: unknown } }[]) =>
    shifts.filter(({ outcome }) => outcome.inForce !== undefined).length;

  it('ends at once when few are under way', async () => {
    const { plane, shifts } = aScene();
    plane.isInForce = true;
    const few = shifts(7);
    await vi.advanceTimersByTimeAsync(10);
    expect(ended(few)).toBe(7);
  });

  it('leaves the machine to others while they come in a rush, and says since when it was served', async () => {
    const { plane, shifts } = aScene();
    plane.isInForce = true;
    const many = shifts(20);
    await vi.advanceTimersByTimeAsync(499);
    expect(ended(many)).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(many.at(-1)?.outcome.inForce).toMatchObject({ servedForMs: 500 });
    expect(ended(many)).toBe(20);
  });

  it('does so for five seconds at the most', async () => {
    const { plane, shift, shifts } = aScene();
    plane.isInForce = true;
    const [, , , , , , , , first] = shifts(9);
    for (let ms = 0; ms < 4_999; ms += 1) {
      if (ms % 50 === 0) shift(ms);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(first?.outcome.inForce).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(first?.outcome.inForce).toMatchObject({ servedForMs: 5_000 });
  });

  it('does not when it is cancelled', async () => {
    const { plane, shifts } = aScene();
    plane.isInForce = true;
    const last = shifts(20).at(-1);
    await vi.advanceTimersByTimeAsync(10);
    await last?.activity.cancel();
    expect(await last?.activity.ended).toBe('cancelled');
  });
});
