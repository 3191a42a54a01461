import type { ProbeOutcome } from '../../../lib/probe.ts';
import type { HealthCheck } from '../../../spec/types.ts';
import type { TargetHealth } from '../served.ts';

/** What the probes of one address of a cluster have shown for one hostname. */
export interface AddressHealth extends TargetHealth {
  /** Probes in a row up to now; at most one of passes and failures is above 0. Passes are not counted on while it is up. */
  readonly passes: number;
  readonly failures: number;
  /** Probes in a row that could not be tried. */
  readonly impossible: number;
  readonly damping: Damping;
}

/** Hysteresis: who goes down again and again has to show more before it is believed. */
interface Damping {
  /** By how much the healthy threshold is multiplied. */
  readonly factor: number;
  /** When it went down last, milliseconds since the epoch. */
  readonly downAt: number | null;
}

export type Thresholds = Pick<HealthCheck, 'healthyThreshold' | 'unhealthyThreshold'>;

export interface JudgeOptions {
  readonly thresholds: Thresholds;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Two downs within this time are flapping, and so long has it to be up for its past to be forgotten, milliseconds. */
export const FLAP_WINDOW_MS = 600_000;
const GREATEST_FACTOR = 8;

/** Nothing is known yet. Unknown is not down. */
export function notProbed(now: number): AddressHealth {
  return {
    kind: 'unknown',
    since: now,
    message: 'not probed yet',
    passes: 0,
    failures: 0,
    impossible: 0,
    damping: { factor: 1, downAt: null },
  };
}

/** An address of a cluster that did not pass its probes for a hostname. */
export interface DownAddress {
  readonly host: string;
  readonly cluster: string;
  readonly address: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly message: string;
}

/** What an earlier process found out. One pass too few proves nothing, so it is down until its threshold is met. */
export function knownDown({ since, message }: DownAddress): AddressHealth {
  return { ...notProbed(since), kind: 'down', message, damping: { factor: 1, downAt: since } };
}

/** The health of an address after one more probe. */
export function judge(before: AddressHealth, outcome: ProbeOutcome, options: JudgeOptions): AddressHealth {
  // Nearly all probes pass again: that makes no new object, which thousands of probes a second would notice.
  if (outcome.kind === 'passed' && isSteady(before) && before.message === outcome.message) return before;
  const { message } = outcome;
  switch (outcome.kind) {
    case 'passed':
      return afterPass({ ...before, message, passes: before.passes + 1, failures: 0, impossible: 0 }, options);
    case 'failed':
      return afterFailure({ ...before, message, passes: 0, failures: before.failures + 1, impossible: 0 }, options);
    case 'impossible':
      return afterImpossible({ ...before, message, impossible: before.impossible + 1 }, options);
    default:
      return outcome satisfies never;
  }
}

function isSteady({ kind, failures, impossible }: AddressHealth): boolean {
  return kind === 'up' && failures === 0 && impossible === 0;
}

/** What is unknown is treated as up, so the first pass makes it so. */
function afterPass(health: AddressHealth, { thresholds, now }: JudgeOptions): AddressHealth {
  const needed = health.kind === 'down' ? thresholds.healthyThreshold * health.damping.factor : 1;
  return health.passes >= needed ? turn(health, 'up', now) : health;
}

function afterFailure(health: AddressHealth, { thresholds, now }: JudgeOptions): AddressHealth {
  if (health.kind === 'down' || health.failures < thresholds.unhealthyThreshold) return health;
  return { ...turn(health, 'down', now), damping: dampingAtDown(health, now) };
}

/** Passes and failures still stand: they were seen, and nothing was since. */
function afterImpossible(health: AddressHealth, { thresholds, now }: JudgeOptions): AddressHealth {
  return health.impossible >= thresholds.unhealthyThreshold ? turn(health, 'unknown', now) : health;
}

function turn(health: AddressHealth, kind: AddressHealth['kind'], now: number): AddressHealth {
  return health.kind === kind ? health : { ...health, kind, since: now };
}

function dampingAtDown({ kind, since, damping }: AddressHealth, now: number): Damping {
  const { factor, downAt } = damping;
  const isForgotten = downAt === null || (kind === 'up' && now - since >= FLAP_WINDOW_MS);
  if (isForgotten) return { factor: 1, downAt: now };
  const isFlapping = now - downAt <= FLAP_WINDOW_MS;
  return { factor: isFlapping ? Math.min(factor * 2, GREATEST_FACTOR) : factor, downAt: now };
}
