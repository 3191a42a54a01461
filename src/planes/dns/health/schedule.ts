import type { HealthCheck } from '../../../spec/types.ts';

export type Rhythm = Pick<HealthCheck, 'intervalSeconds' | 'timeoutSeconds' | 'unhealthyThreshold'>;

/** Two probes closer than this would see the same hiccup, milliseconds. Below the 100 ms that a cluster may leave late. */
const CLOSEST_MS = 50;

/**
 * Time from the start of one probe to the start of the next while an address may be failing, whole milliseconds.
 *
 * An address that fails right after a probe of it has begun is probed again an interval I later. The last of the n
 * failures that count must be known n * I after the first moment, also when each probe hangs for its timeout T; it must
 * begin at n * I - T. That leaves (n - 1) * I - T for the n - 1 steps in between. A step may be shorter than T, so the
 * next probe begins without waiting for one that hangs. With n = 1 there is no step: the failure is known at I + T.
 */
export function suspectSpacingMs({ intervalSeconds, timeoutSeconds, unhealthyThreshold }: Rhythm): number {
  const intervalMs = intervalSeconds * 1000;
  if (unhealthyThreshold === 1) return Math.round(intervalMs);
  return Math.max(CLOSEST_MS, Math.floor(intervalMs - (timeoutSeconds * 1000) / (unhealthyThreshold - 1)));
}

/** The first beat of a rhythm after a moment. Beats are counted from the anchor, so nothing drifts. Whole milliseconds. */
export function beatAfter(moment: number, anchor: number, intervalMs: number): number {
  return anchor + (Math.floor((moment - anchor) / intervalMs) + 1) * intervalMs;
}
