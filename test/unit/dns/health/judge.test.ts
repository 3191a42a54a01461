import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProbeOutcome } from '../../../../src/lib/probe.ts';
import { type AddressHealth, judge, notProbed, type Thresholds } from '../../../../src/planes/dns/health/judge.ts';

const OUTCOMES = {
  '+': { kind: 'passed', message: 'answered' },
  '-': { kind: 'failed', reason: 'ProbeUnanswered', message: 'hung' },
  '?': { kind: 'impossible', message: 'no route' },
} as const satisfies Record<string, ProbeOutcome>;
type Letter = keyof typeof OUTCOMES;
const LETTER_OF = { up: '+', down: '-', unknown: '?' } as const;
const MINUTE_MS = 60_000;

/** An address and the clock of its story. */
class Story {
  readonly #thresholds: Thresholds;
  now = 0;
  health: AddressHealth = notProbed(0);

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** Lives through outcomes such as `+--?`, a second apart; returns what it was after each, in the same letters. */
  live(outcomes: string): string {
    return Array.from(outcomes, (letter) => this.step(letter as Letter, 1_000)).join('');
  }

  step(letter: Letter, afterMs: number): Letter {
    this.now += afterMs;
    this.health = judge(this.health, OUTCOMES[letter], { thresholds: this.#thresholds, now: this.now });
    return LETTER_OF[this.health.kind];
  }
}

describe('the health of an address', () => {
  it.each([
    ['is up at its first pass', '+', '+'],
    ['is unknown until it has failed often enough', '---', '??-'],
    ['goes down at the third failure in a row', '+--+---', '++++++-'],
    ['comes up at the second pass in a row', '---+-++', '??----+'],
    ['is not moved by what could not be tried', '+--?-', '++++-'],
    ['stays down while little could not be tried', '---??+?+', '??-----+'],
    ['is unknown when three in a row could not be tried', '+????', '+++??'],
    ['is up at once when it can be tried again', '---???+', '??---?+'],
    ['is down at once when it can be tried again and still fails', '---???-', '??---?-'],
  ])('%s', (_name, outcomes, expected) => {
    expect(new Story({ unhealthyThreshold: 3, healthyThreshold: 2 }).live(outcomes)).toBe(expected);
  });

  it('says since when and why', () => {
    const story = new Story({ unhealthyThreshold: 2, healthyThreshold: 1 });
    story.live('+-');
    expect(story.health).toMatchObject({ kind: 'up', since: 1_000, message: 'hung' });
    story.live('--');
    expect(story.health).toMatchObject({ kind: 'down', since: 3_000, message: 'hung' });
  });
});

describe('an address that flaps', () => {
  const thresholds = { unhealthyThreshold: 1, healthyThreshold: 2 };

  it('has to pass twice as often each time, up to eight times', () => {
    const story = new Story(thresholds);
    for (const needed of [2, 4, 8, 16, 16]) {
      story.live('-');
      expect(story.live('+'.repeat(needed))).toBe(`${'-'.repeat(needed - 1)}+`);
    }
  });

  it('is forgiven after ten minutes up', () => {
    const story = new Story(thresholds);
    story.live('-++-++++');
    expect(story.step('-', 10 * MINUTE_MS)).toBe('-');
    expect(story.live('++')).toBe('-+');
  });

  it('is not forgiven for ten minutes down, nor punished again', () => {
    const story = new Story(thresholds);
    story.live('-++-');
    story.step('-', 15 * MINUTE_MS);
    story.live('++++-');
    expect(story.live('++++')).toBe('---+');
  });
});

describe('whatever happens to an address', () => {
  const threshold = fc.integer({ min: 1, max: 5 });
  const steps = fc.array(
    fc.record({
      letter: fc.constantFrom<Letter>('+', '+', '-', '-', '?'),
      afterMs: fc.constantFrom(10, 5_000, 11 * MINUTE_MS),
    }),
    { maxLength: 200 },
  );

  it('it never goes down, comes up or is unknown without as many probes in a row that say so', () => {
    fc.assert(
      fc.property(threshold, threshold, steps, (unhealthyThreshold, healthyThreshold, story) => {
        const life = new Story({ unhealthyThreshold, healthyThreshold });
        let seen = '';
        let before: Letter = '?';
        for (const { letter, afterMs } of story) {
          const after = life.step(letter, afterMs);
          seen += letter;
          const tried = seen.replaceAll('?', '');
          if (after === '-' && before !== '-') expect(tried.endsWith('-'.repeat(unhealthyThreshold))).toBe(true);
          if (after === '+' && before === '-') expect(tried.endsWith('+'.repeat(healthyThreshold))).toBe(true);
          if (after === '?' && before !== '?') expect(seen.endsWith('?'.repeat(unhealthyThreshold))).toBe(true);
          // And it does, when enough say so.
          if (tried.endsWith('-'.repeat(unhealthyThreshold))) expect(after).not.toBe('+');
          if (tried.endsWith('+'.repeat(8 * healthyThreshold))) expect(after).not.toBe('-');
          before = after;
        }
      }),
      { numRuns: 300 },
    );
  });
});
