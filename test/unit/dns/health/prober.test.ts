import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProbeOutcome } from '../../../../src/lib/probe.ts';
import { type AddressHealth, judge, notProbed } from '../../../../src/planes/dns/health/judge.ts';
import { Prober } from '../../../../src/planes/dns/health/prober.ts';
import type { HealthCheck } from '../../../../src/spec/types.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }));
afterEach(() => vi.useRealTimers());

const PASSED: ProbeOutcome = { kind: 'passed', message: 'answered' };
const FAILED: ProbeOutcome = { kind: 'failed', reason: 'ProbeUnanswered', message: 'no answer' };

interface Behaviour {
  /** How long until there is an outcome, milliseconds. */
  readonly afterMs: number;
  readonly outcome: ProbeOutcome;
}

interface Scene {
  readonly check: HealthCheck;
  readonly phase?: number;
  /** What a probe that begins now comes to. */
  readonly behave: () => Behaviour;
}

/** Runs a prober against an address that behaves, and keeps what happens. Times are from the beginning, to 10 milliseconds. */
function run({ check, behave, phase = 0 }: Scene) {
  const began = performance.now();
  const now = (): number => Math.round((performance.now() - began) / 10) * 10;
  const starts: number[] = [];
  const turns: [AddressHealth['kind'], number][] = [];
  let health = notProbed(0);
  let [inFlight, mostInFlight] = [0, 0];
  const prober = new Prober({
    check,
    phase,
    send: async (onStart) => {
      starts.push(now());
      onStart();
      const { afterMs, outcome } = behave();
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      inFlight -= 1;
      return outcome;
    },
    onOutcome: (outcome) => {
      const before = health.kind;
      health = judge(health, outcome, { thresholds: check, now: now() });
      if (health.kind !== before) turns.push([health.kind, now()]);
      return health;
    },
  });
  return { prober, starts, turns, now, most: () => mostInFlight };
}

function aCheck(intervalSeconds: number, timeoutSeconds: number, unhealthyThreshold: number): HealthCheck {
  return {
    probe: { kind: 'tcp' },
    intervalSeconds,
    timeoutSeconds,
    unhealthyThreshold,
    healthyThreshold: 1,
    failOpenPercent: 50,
  };
}

describe('probes of an address', () => {
  it('begin somewhere in the first interval and then keep to the beat, whatever each takes', async () => {
    let turn = 0;
    const behave = (): Behaviour => ({ afterMs: [1, 900, 40, 1_500][turn++ % 4] ?? 0, outcome: PASSED });
    const { prober, starts } = run({ check: aCheck(5, 2, 3), phase: 0.3, behave });
    await vi.advanceTimersByTimeAsync(60_000);
    prober.stop();
    expect(starts).toEqual(Array.from({ length: 12 }, (_, index) => 1_500 + index * 5_000));
  });

  it('come closer together while it may be failing, and return to the beat when it is down or up again', async () => {
    let isUp = false;
    const behave = (): Behaviour => (isUp ? { afterMs: 0, outcome: PASSED } : { afterMs: 2_000, outcome: FAILED });
    const { prober, starts, turns } = run({ check: aCheck(5, 2, 3), behave });
    await vi.advanceTimersByTimeAsync(25_500);
    isUp = true;
    await vi.advanceTimersByTimeAsync(10_000);
    prober.stop();
    expect(starts).toEqual([5_000, 9_000, 13_000, 20_000, 25_000, 30_000, 35_000]);
    expect(turns).toEqual([
      ['down', 15_000],
      ['up', 30_000],
    ]);
  });

  it('do not wait for each other when the time-out is long, and are never more than could matter', async () => {
    const { prober, starts, turns, most } = run({
      check: aCheck(1, 1, 3),
      behave: () => ({ afterMs: 1_000, outcome: FAILED }),
    });
    await vi.advanceTimersByTimeAsync(3_500);
    prober.stop();
    expect(starts.slice(0, 3)).toEqual([1_000, 1_500, 2_000]);
    expect(turns).toEqual([['down', 3_000]]);
    expect(most()).toBeLessThanOrEqual(3);
  });

  it('of a slow one that passes are at most one more than the beat', async () => {
    const { prober, starts } = run({ check: aCheck(1, 1, 3), behave: () => ({ afterMs: 800, outcome: PASSED }) });
    await vi.advanceTimersByTimeAsync(20_000);
    prober.stop();
    expect(starts.length).toBeLessThanOrEqual(40);
  });

  it('end when they are stopped', async () => {
    const { prober, starts } = run({ check: aCheck(1, 1, 3), behave: () => ({ afterMs: 500, outcome: PASSED }) });
    await vi.advanceTimersByTimeAsync(1_200);
    prober.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toEqual([1_000]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('show a failure within interval x threshold, whether it refuses or hangs', async () => {
    const scenes = fc.record({
      intervalMs: fc.integer({ min: 200, max: 20_000 }),
      timeoutPart: fc.double({ min: 0.05, max: 1, noNaN: true }),
      threshold: fc.integer({ min: 2, max: 6 }),
      phase: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      failsAfter: fc.double({ min: 1, max: 3, noNaN: true }),
      hangs: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(scenes, async ({ intervalMs, timeoutPart, threshold, phase, failsAfter, hangs }) => {
        const timeoutMs = Math.ceil(intervalMs * timeoutPart);
        const check = aCheck(intervalMs / 1000, timeoutMs / 1000, threshold);
        const failsAt = Math.round(intervalMs * failsAfter);
        const failure = { afterMs: hangs ? timeoutMs : 0, outcome: FAILED };
        const scene = run({
          check,
          phase,
          behave: () => (scene.now() < failsAt ? { afterMs: 0, outcome: PASSED } : failure),
        });
        await vi.advanceTimersByTimeAsync(intervalMs * (failsAfter + threshold + 1));
        scene.prober.stop();
        const downAt = scene.turns.find(([kind]) => kind === 'down')?.[1] ?? Number.POSITIVE_INFINITY;
        expect(downAt - failsAt).toBeLessThanOrEqual(intervalMs * threshold + 100);
      }),
      { numRuns: 200 },
    );
  });

  it('with a threshold of one show it within interval and time-out', async () => {
    const scene = run({ check: aCheck(5, 2, 1), behave: () => ({ afterMs: 2_000, outcome: FAILED }) });
    await vi.advanceTimersByTimeAsync(8_000);
    scene.prober.stop();
    expect(scene.turns).toEqual([['down', 7_000]]);
  });
});
