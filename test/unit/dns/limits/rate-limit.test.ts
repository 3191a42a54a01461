import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../../src/planes/dns/limits/address-octets.ts';
import {
  MAX_RESPONSES_PER_SECOND,
  RateLimiter,
  type RateLimiterOptions,
} from '../../../../src/planes/dns/limits/rate-limit.ts';

type Settings = Partial<Omit<RateLimiterOptions, 'now'>>;

/** A limiter with a clock that stands until it is moved. */
function aLimiter(settings: Settings = {}) {
  const clock = { milliseconds: 0 };
  const limiter = new RateLimiter({
    responsesPerSecond: 10,
    slip: 0,
    exempt: [],
    ...settings,
    now: () => clock.milliseconds,
  });
  const address = new ClientAddress();
  const check = (text: string, account = 1) => {
    expect(address.parse(text)).toBe(true);
    return limiter.check(address.octets, address.family, account);
  };
  const sends = (count: number, text: string, account = 1) =>
    Array.from({ length: count }, () => check(text, account)).filter((verdict) => verdict === 'send').length;
  return { limiter, clock, check, sends };
}

describe('the rate of a response', () => {
  it('is one second of responses at once, and then one at a time', () => {
    const { clock, sends } = aLimiter({ responsesPerSecond: 10 });
    expect(sends(100, '192.0.2.1')).toBe(10);
    clock.milliseconds = 99;
    expect(sends(100, '192.0.2.1')).toBe(0);
    clock.milliseconds = 100;
    expect(sends(100, '192.0.2.1')).toBe(1);
    clock.milliseconds = 600;
    expect(sends(100, '192.0.2.1')).toBe(5);
  });

  it('is that of one second again after any quiet time', () => {
    const { clock, sends } = aLimiter({ responsesPerSecond: 10 });
    sends(100, '192.0.2.1');
    for (const milliseconds of [1_000, 5_000, 1e15]) {
      clock.milliseconds = milliseconds;
      expect(sends(100, '192.0.2.1')).toBe(10);
    }
  });

  it.each([
    ['the same /24', '192.0.2.1', '192.0.2.254', true],
    ['the next /24', '192.0.2.1', '192.0.3.1', false],
    ['IPv4 in IPv6 clothes', '192.0.2.1', '::ffff:192.0.2.9', true],
    ['the same /56', '2001:db8:0:aa00::1', '2001:db8:0:aaff::2', true],
    ['the next /56', '2001:db8:0:aa00::1', '2001:db8:0:ab00::1', false],
    ['another /32', '2001:db8:0:aa00::1', '2001:db9:0:aa00::1', false],
    ['IPv6 with the same first octets', '32.1.13.1', '2001:d00::', false],
  ])('is shared or not: %s', (_name, first, second, shared) => {
    // With four slots all buckets are side by side.
    const { sends } = aLimiter({ responsesPerSecond: 10, slots: 4 });
    expect(sends(20, first)).toBe(10);
    expect(sends(20, second)).toBe(shared ? 0 : 10);
  });

  it('is counted apart for each account, whatever its 32 bits', () => {
    const { sends } = aLimiter({ responsesPerSecond: 10, slots: 4 });
    for (const account of [0, 1, -1, 2 ** 31]) expect(sends(20, '192.0.2.1', account)).toBe(10);
    expect(sends(20, '192.0.2.1', 2 ** 32 - 1)).toBe(0);
  });

  it('is never more than rate * (T + 1) in any T seconds, for any times of asking', () => {
    const pauses = fc.array(fc.oneof(fc.nat(3), fc.nat(300), fc.nat(3_000)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), pauses, (responsesPerSecond, gaps) => {
        const { clock, check } = aLimiter({ responsesPerSecond });
        const sent: number[] = [];
        for (const gap of gaps) {
          clock.milliseconds += gap;
          if (check('192.0.2.1') === 'send') sent.push(clock.milliseconds);
        }
        expect(mostOverBound(sent, responsesPerSecond)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('is at least what was asked for, for one that keeps below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (responsesPerSecond) => {
        const { clock, check } = aLimiter({ responsesPerSecond });
        for (let turn = 0; turn < 2_000; turn += 1) {
          clock.milliseconds += Math.ceil(1_000 / responsesPerSecond);
          expect(check('192.0.2.1')).toBe('send');
        }
      }),
      { numRuns: 20 },
    );
  });

  it('may be as high as anybody could want', () => {
    const { check } = aLimiter({ responsesPerSecond: MAX_RESPONSES_PER_SECOND });
    for (let turn = 0; turn < 10_000; turn += 1) expect(check('192.0.2.1')).toBe('send');
  });

  it.each(['192.0.2.77', '2001:db8::1'])('does not count for an exempt network (%s)', (address) => {
    const { limiter, sends } = aLimiter({ responsesPerSecond: 1, exempt: ['192.0.2.64/26', '2001:db8::/32'] });
    expect(sends(1_000, address)).toBe(1_000);
    expect(limiter.size).toBe(0);
    // Others of the same /24 have a bucket of their own.
    expect(sends(10, '192.0.2.1')).toBe(1);
    expect(sends(10, address)).toBe(10);
  });
});

/** How many more were sent in some window than rate * (T + 1) allows; at most 0 when all is well. */
function mostOverBound(sent: readonly number[], rate: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const [first, start] of sent.entries()) {
    for (const [last, end] of sent.entries()) {
      if (last >= first) most = Math.max(most, last - first + 1 - rate * ((end - start) / 1_000 + 1));
    }
  }
  return most;
}

describe('the slip', () => {
  const limited = (slip: number, count: number) => {
    const { check, sends, limiter } = aLimiter({ responsesPerSecond: 10, slip });
    sends(10, '192.0.2.1');
    const verdicts = Array.from({ length: count }, () => check('192.0.2.1'));
    expect(limiter.limited).toBe(count);
    return verdicts;
  };

  it('of 0 truncates none', () => {
    expect(new Set(limited(0, 100))).toEqual(new Set(['drop']));
  });

  it('of 1 truncates all', () => {
    expect(new Set(limited(1, 100))).toEqual(new Set(['truncate']));
  });

  it.each([2, 3, 10, 100])('of %i truncates one of so many', (slip) => {
    const verdicts = limited(slip, slip * 20);
    for (let start = 0; start < verdicts.length; start += slip) {
      const turn = verdicts.slice(start, start + slip);
      expect(turn.filter((verdict) => verdict === 'truncate')).toHaveLength(1);
      expect(turn.filter((verdict) => verdict === 'drop')).toHaveLength(slip - 1);
    }
  });

  it('is counted apart for each bucket, so that none takes the turn of another', () => {
    const { check, sends } = aLimiter({ responsesPerSecond: 1, slip: 2 });
    sends(1, '192.0.2.1');
    sends(1, '198.51.100.1');
    const verdicts = Array.from({ length: 10 }, () => [check('192.0.2.1'), check('198.51.100.1')]);
    expect(verdicts.flat().filter((verdict) => verdict === 'truncate')).toHaveLength(10);
    expect(verdicts.map(([first]) => first).filter((verdict) => verdict === 'truncate')).toHaveLength(5);
  });
});

describe('the clock', () => {
  it('that stands earns nothing', () => {
    const { sends } = aLimiter({ responsesPerSecond: 10 });
    expect(sends(1_000, '192.0.2.1')).toBe(10);
  });

  it('that goes back earns nothing, and goes on from there', () => {
    const { clock, sends } = aLimiter({ responsesPerSecond: 10 });
    clock.milliseconds = 1e9;
    expect(sends(100, '192.0.2.1')).toBe(10);
    clock.milliseconds = 0;
    expect(sends(100, '192.0.2.1')).toBe(0);
    clock.milliseconds = 500;
    expect(sends(100, '192.0.2.1')).toBe(5);
  });

  it('that jumps ahead earns one second of responses', () => {
    const { clock, sends } = aLimiter({ responsesPerSecond: 10 });
    sends(100, '192.0.2.1');
    clock.milliseconds = Number.MAX_SAFE_INTEGER;
    expect(sends(100, '192.0.2.1')).toBe(10);
  });

  it('may show parts of a millisecond', () => {
    const { clock, sends } = aLimiter({ responsesPerSecond: 10_000 });
    sends(20_000, '192.0.2.1');
    clock.milliseconds = 0.5;
    expect(sends(100, '192.0.2.1')).toBe(5);
  });
});

describe('the table', () => {
  /** The n-th of many networks. */
  const network = (index: number) => `${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.1`;

  it('never grows, whatever is asked', () => {
    const { limiter, check } = aLimiter({ slots: 64 });
    for (let index = 0; index < 10_000; index += 1) {
      check(network(index), index);
      expect(limiter.size).toBeLessThanOrEqual(64);
    }
    expect(limiter.size).toBe(64);
  });

  it('keeps nearly all networks apart while there is room', () => {
    const { limiter, sends } = aLimiter({ responsesPerSecond: 1, slots: 65_536 });
    const total = () => Array.from({ length: 10_000 }, (_, index) => sends(1, network(index)));
    // 16,384 sets of four: here and there a fifth network takes over the empty bucket of another.
    expect(total().filter((count) => count === 1).length).toBeGreaterThan(9_900);
    expect(limiter.size).toBeGreaterThan(9_900);
    expect(total().filter((count) => count === 1)).toEqual([]);
  });

  it('keeps the bucket of a flood while others come and go', () => {
    const { limiter, clock, sends, check } = aLimiter({ responsesPerSecond: 10, slots: 4 });
    let flooded = 0;
    for (let turn = 0; turn < 1_000; turn += 1) {
      clock.milliseconds += 10;
      flooded += sends(20, '192.0.2.1');
      check(network(turn));
    }
    expect(limiter.size).toBe(4);
    // 10 seconds and one more; nothing is won by pushing buckets out.
    expect(flooded).toBeLessThanOrEqual(110);
  });

  it('never lets more through a set of four slots than four buckets hold, for any number of networks', () => {
    const step = fc.record({ gap: fc.nat(50), who: fc.nat(12), times: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const { clock, sends } = aLimiter({ responsesPerSecond: 10, slots: 4 });
        let total = 0;
        for (const { gap, who, times } of steps) {
          clock.milliseconds += gap;
          total += sends(times, network(who));
        }
        expect(total).toBeLessThanOrEqual(4 * 10 * (clock.milliseconds / 1_000 + 1));
      }),
    );
  });

  it('is laid out by its seed, which nobody knows', () => {
    /** Which of many networks found a free slot in a small table. */
    const layout = (seed?: readonly [number, number]) => {
      const { limiter, check } = aLimiter({ slots: 128, ...(seed === undefined ? {} : { seed }) });
      return Array.from({ length: 128 }, (_, index) => {
        check(network(index));
        return limiter.size;
      });
    };
    expect(layout([1, 2])).toEqual(layout([1, 2]));
    expect(layout([1, 2])).not.toEqual(layout([1, 3]));
    expect(layout()).not.toEqual(layout());
  });
});

describe('the settings', () => {
  it.each([
    [{ responsesPerSecond: 0 }, 'responsesPerSecond is 0; allowed: a whole number from 1 to 1000000000'],
    [{ responsesPerSecond: 1.5 }, 'responsesPerSecond is 1.5'],
    [{ responsesPerSecond: Number.NaN }, 'responsesPerSecond is NaN'],
    [{ responsesPerSecond: MAX_RESPONSES_PER_SECOND + 1 }, 'responsesPerSecond is 1000000001'],
    [{ slip: -1 }, 'slip is -1; allowed: a whole number from 0 to 100'],
    [{ slip: 101 }, 'slip is 101'],
    [{ slots: 2 }, 'slots is 2; allowed: a power of two from 4 to 16777216'],
    [{ slots: 100 }, 'slots is 100'],
    [{ exempt: ['10.0.0.0/8', '10.0.0.1/8'] }, 'the network "10.0.0.1/8" has bits set behind its prefix'],
  ])('%j are refused, which is said', (settings: Settings, message) => {
    expect(() => aLimiter(settings)).toThrow(RangeError);
    expect(() => aLimiter(settings)).toThrow(message);
  });
});
