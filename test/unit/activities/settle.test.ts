import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settleActivities } from '../../../src/activities/settle.ts';
import type { Measurement, Settled } from '../../../src/activities/types.ts';
import type { Counted } from '../../../src/plan/measured.ts';
import type { Plane } from '../../../src/planes/plane.ts';
import type { Observed } from '../../../src/workflows/messages.ts';
import { asActivity } from './activity-context.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'] }));
// The timers of promises are not among those that vitest winds.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, _value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      setTimeout(resolve, ms);
    }),
}));
afterEach(() => void vi.useRealTimers());

const HOST = 'shop.example.test';
const SECOND = 1_000;
const START = { 'a#1': { east: 100, west: 100 } };

/** What a plane has counted so many milliseconds after the beginning. */
type Script = (elapsedMs: number) => Counted;

function aScene(script: Script, ...others: Script[]) {
  const begunAt = Date.now();
  const said: Observed[] = [];
  let asked = 0;
  const planes = [script, ...others].map((each) => ({
    name: 'scripted',
    measure: async () => {
      asked += 1;
      return each(Date.now() - begunAt);
    },
  })) as unknown as readonly Plane[];
  const { settleTraffic } = settleActivities({
    planes,
    report: async (_id, observed) => void said.push(observed),
  });
  const settle = (measure?: Partial<Measurement>, untilMs = 0, { aheadMs = 0, earlierMs = 0 } = {}) => {
    const whole = { wanted: { east: 2_500, west: 7_500 }, since: START, tolerancePercent: 5, withinSeconds: 60 };
    const result: { settled?: Settled; atMs?: number } = {};
    const scheduledAt = begunAt - aheadMs;
    const info = { heartbeatTimeoutMs: 1e9, scheduledAt, firstScheduledAt: scheduledAt - earlierMs };
    const activity = asActivity(info, async () => {
      result.settled = await settleTraffic({
        watch: 'one',
        host: HOST,
        until: begunAt - aheadMs + untilMs,
        ...(measure === undefined ? {} : { measure: { ...whole, ...measure } }),
      });
      result.atMs = Date.now() - begunAt;
    });
    return { result, activity };
  };
  return { settle, said, asked: () => asked };
}

/** Answers at this many a second, split so. */
function answering(perSecond: number, part: (elapsedMs: number) => number): Script {
  return (elapsedMs) => {
    const answers = Math.round((perSecond * elapsedMs) / SECOND);
    const east = Math.round(answers * part(elapsedMs));
    return { 'a#1': { east: 100 + east, west: 100 + answers - east } };
  };
}

const quarter = answering(1_000, () => 0.25);
const run = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('waits for caches, and asks nobody when nothing is to be measured', async () => {
  const { settle, asked } = aScene(quarter);
  const { result } = settle(undefined, 30 * SECOND);
  await run(29 * SECOND);
  expect(result.settled).toBeUndefined();
  await run(2 * SECOND);
  expect(result).toEqual({ settled: {}, atMs: 30 * SECOND });
  expect(asked()).toBe(0);
});

it('waits as long on a machine whose clock is ahead of that of Temporal', async () => {
  const { settle } = aScene(quarter);
  const { result } = settle(undefined, 10 * SECOND, { aheadMs: 5 * SECOND });
  await run(11 * SECOND);
  expect(result.atMs).toBe(10 * SECOND);
});

it('is measured at the end of the wait, over what was answered meanwhile', async () => {
  const { settle } = aScene(quarter);
  const { result } = settle({}, 10 * SECOND);
  await run(11 * SECOND);
  expect(result).toMatchObject({
    settled: { measured: { kind: 'within', shares: { east: 2_500, west: 7_500 } } },
    atMs: 10 * SECOND,
  });
});

it('adds up what several planes have counted', async () => {
  const { settle } = aScene(quarter, (ms) => ({ 'b#2': { west: ms } }));
  const { result } = settle({ since: { ...START, 'b#2': {} }, wanted: { east: 1_250, west: 8_750 } }, 10 * SECOND);
  await run(11 * SECOND);
  expect(result.settled?.measured).toMatchObject({ kind: 'within', shares: { east: 1_250, west: 8_750 } });
});

it('looks again while shares are not as wanted, says so once, and ends as soon as they are', async () => {
  // Until 12 s all goes east; from then on nothing does, until a quarter is left.
  const { settle, said } = aScene((ms) => {
    const east = Math.min(ms, 12 * SECOND);
    return { 'a#1': { east: 100 + east, west: 100 + (ms - east) } };
  });
  const { result } = settle({}, 10 * SECOND);
  await run(30 * SECOND);
  expect(result.settled).toBeUndefined();
  expect(said).toHaveLength(1);
  expect(said[0]?.waitsFor).toMatch(/^waiting for shares to be as wanted: .*east has 100 %, wanted is 25 %/);
  await run(30 * SECOND);
  expect(result.settled?.measured).toMatchObject({ kind: 'within' });
  expect(result.atMs).toBeLessThan(45 * SECOND);
});

it('says while caches still have old answers that shares are not as wanted, and no more when they are', async () => {
  const { settle, said } = aScene(answering(1_000, (ms) => (ms < 10 * SECOND ? 1 : 0.25)));
  settle({}, 30 * SECOND);
  await run(5 * SECOND);
  expect(said).toMatchObject([{ waitsFor: expect.stringContaining('east has 100 %, wanted is 25 %') }]);
  await run(10 * SECOND);
  expect(said.map(({ waitsFor }) => waitsFor !== undefined)).toEqual([true, false]);
});

it('ends when the time is up, with what was found', async () => {
  const { settle } = aScene(answering(1_000, () => 0.5));
  const { result } = settle({ withinSeconds: 20 }, 10 * SECOND);
  await run(31 * SECOND);
  expect(result).toMatchObject({ settled: { measured: { kind: 'outside' } }, atMs: 30 * SECOND });
});

it('does not wait for answers where there are none', async () => {
  const { settle, said } = aScene(() => START);
  const { result } = settle({}, 5 * SECOND);
  await run(6 * SECOND);
  expect(result).toMatchObject({ settled: { measured: { kind: 'tooFew', needed: 675 } }, atMs: 5 * SECOND });
  expect(said).toEqual([]);
});

it('knows from an attempt before how slowly answers come in', async () => {
  const slow = answering(2, () => 0.25);
  const { settle } = aScene((elapsedMs) => slow(100 * SECOND + elapsedMs));
  const { result } = settle({}, 5 * SECOND, { earlierMs: 100 * SECOND });
  await run(6 * SECOND);
  expect(result).toMatchObject({ settled: { measured: { kind: 'tooFew' } }, atMs: 5 * SECOND });
});

it('waits for more answers when enough of them will come in time', async () => {
  const { settle } = aScene(answering(20, () => 0.25));
  const { result } = settle({}, 5 * SECOND);
  await run(40 * SECOND);
  expect(result.settled?.measured).toMatchObject({ kind: 'within' });
  expect(result.atMs).toBeGreaterThan(30 * SECOND);
});

it('does not when they would still be too few', async () => {
  const { settle } = aScene(answering(5, () => 0.25));
  const { result } = settle({}, 5 * SECOND);
  await run(6 * SECOND);
  expect(result).toMatchObject({ settled: { measured: { kind: 'tooFew' } }, atMs: 5 * SECOND });
});

it('watches for a second before it says how many answers there will be', async () => {
  const { settle } = aScene((ms) => ({ 'a#1': { east: 101, west: ms > SECOND ? 101 : 100 } }));
  const { result } = settle({});
  await run(900);
  expect(result.settled).toBeUndefined();
  await run(200);
  expect(result.settled?.measured).toMatchObject({ kind: 'tooFew' });
});

it.each([
  ['caches', 30 * SECOND],
  ['shares', 2 * SECOND],
])('ends when it is cancelled while it waits for %s', async (_what, until) => {
  const { settle } = aScene(answering(1_000, () => 0.5));
  const { result, activity } = settle({}, until);
  await run(5 * SECOND);
  await activity.cancel();
  expect(await activity.ended).toBe('cancelled');
  expect(result.settled).toBeUndefined();
});
