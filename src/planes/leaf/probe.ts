import { setTimeout as delay } from 'node:timers/promises';
import { type Probe, sendProbe as send } from '../../lib/probe.ts';

export type ProbeOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: 'ProbeFailed' | 'ProbeUnanswered'; readonly message: string };

/** One probe from outside. Readiness has to be shown: what could not be tried has not passed. Never throws. */
export async function sendProbe(probe: Probe, signal: AbortSignal): Promise<ProbeOutcome> {
  const outcome = await send(probe, signal);
  if (outcome.kind === 'passed') return { kind: 'passed' };
  return outcome.kind === 'failed' ? outcome : { kind: 'failed', reason: 'ProbeUnanswered', message: outcome.message };
}

export interface ProbeSeries {
  readonly intervalMs: number;
  /** Returns whether the address still has to be verified: then the next probe comes sooner. */
  readonly onOutcome: (outcome: ProbeOutcome) => 'verifying' | 'verified';
  readonly signal: AbortSignal;
}

/** First wait while an address is verified; it doubles up to the interval. */
const FIRST_WAIT_MS = 250;

/** Probes an address until the signal aborts. */
export async function probeRepeatedly(probe: Probe, { intervalMs, onOutcome, signal }: ProbeSeries): Promise<void> {
  let quickMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const began = performance.now();
    const outcome = await sendProbe(probe, signal);
    if (signal.aborted) return;
    const state = onOutcome(outcome);
    const waitMs = state === 'verifying' ? Math.min(quickMs, intervalMs) : intervalMs;
    quickMs = Math.min(quickMs * 2, intervalMs);
    const left = Math.max(0, waitMs - (performance.now() - began));
    await delay(left, undefined, { signal }).catch(() => undefined); // ends the wait
  }
}
