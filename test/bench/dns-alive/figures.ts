import type { Observed } from './load.ts';

/** An answer that takes longer is none: resolvers have asked another server by then. Milliseconds. */
export const LOST_AFTER_MS = 2_000;

export interface Figures {
  readonly sent: number;
  readonly lost: number;
  readonly faulty: number;
  /** The longest time without any answer, milliseconds. */
  readonly longestGapMs: number;
  readonly slowestMs: number;
}

/** A disturbance, and what it did to the queries until the next one. */
export interface Disturbance {
  readonly at: number;
  readonly lost: number;
  /** From the disturbance to the sending of the last query that was lost, milliseconds; 0 when none was. */
  readonly losingMs: number;
  readonly longestGapMs: number;
}

export function figuresOf(observed: Observed): Figures {
  const { sentAt, answeredAt, faulty } = observed;
  const delays = answeredAt.map((at, place) => at - (sentAt[place] ?? Number.NaN));
  return {
    sent: sentAt.length,
    lost: lostTimes(observed).length,
    faulty,
    longestGapMs: longestGap(answerTimes(observed)),
    slowestMs: delays.reduce((slowest, one) => (one > slowest ? one : slowest), 0),
  };
}

/** What followed each of the disturbances, whose times are in order. */
export function disturbancesOf(observed: Observed, times: readonly number[]): readonly Disturbance[] {
  const lost = lostTimes(observed);
  const answers = answerTimes(observed);
  return times.map((at, index) => {
    const end = times[index + 1] ?? Number.POSITIVE_INFINITY;
    // A query that was sent shortly before was in the socket when it happened.
    const own = lost.filter((time) => time >= at - LOST_AFTER_MS / 2 && time < end - LOST_AFTER_MS / 2);
    const around = answers.filter((time) => time >= at - LOST_AFTER_MS / 2 && time < end);
    return { at, lost: own.length, losingMs: Math.max(0, (own.at(-1) ?? at) - at), longestGapMs: longestGap(around) };
  });
}

/** When the queries left that had no answer in time. */
function lostTimes({ sentAt, answeredAt }: Observed): readonly number[] {
  return [...sentAt].filter((sent, place) => !((answeredAt[place] ?? Number.NaN) - sent <= LOST_AFTER_MS));
}

function answerTimes({ answeredAt }: Observed): readonly number[] {
  return [...answeredAt].filter((at) => !Number.isNaN(at)).sort((a, b) => a - b);
}

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, at, index) => Math.max(longest, at - (times[index - 1] ?? at)), 0);
}
