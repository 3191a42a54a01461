import type { HealthCheck } from '../../spec/types.ts';
import type { ProbeOutcome } from './probe.ts';

/** What the probes of one address have shown. */
export interface ProbeRecord {
  /** In a row, up to now; one of them is 0. */
  readonly passes: number;
  readonly failures: number;
  /** Passed often enough, and has not failed too often since. */
  readonly verified: boolean;
  readonly failure?: Extract<ProbeOutcome, { kind: 'failed' }>;
}

export const NOT_PROBED: ProbeRecord = { passes: 0, failures: 0, verified: false };

/** The record of an address after one more probe. */
export function recordProbe(before: ProbeRecord, outcome: ProbeOutcome, health: HealthCheck): ProbeRecord {
  if (outcome.kind === 'passed') {
    const passes = before.passes + 1;
    return { passes, failures: 0, verified: before.verified || passes >= health.healthyThreshold };
  }
  const failures = before.failures + 1;
  return { passes: 0, failures, verified: before.verified && failures < health.unhealthyThreshold, failure: outcome };
}
