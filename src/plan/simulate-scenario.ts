import { formatSeconds, parseDuration } from '../lib/duration.ts';
import { joinOr, nearest } from '../spec/words.ts';
import { compareText } from './backend-id.ts';
import { unionBackends } from './shares.ts';
import type { Plan } from './types.ts';

/**
 * What a simulated cluster does wrong. `unready`: what the rollout brings there is seen not ready, or where it brings nothing
 * all that serves there. `unreachable`: its API server does not
 * answer, what it serves goes on. `verify`: requests of verifications fail there.
 */
export const FAULT_KINDS = ['unready', 'unreachable', 'verify'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** When a step of the plan begins, 1-based as it is printed, or so long after the start of the rollout. */
export type Moment =
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'time'; readonly seconds: number };

export interface Recovery {
  readonly cluster: string;
  readonly at: Moment;
}

export interface Fault extends Recovery {
  readonly what: FaultKind;
}

/** What happens to clusters while a simulated rollout goes on. */
export interface Scenario {
  readonly faults: readonly Fault[];
  /** From then on nothing is wrong with the cluster. */
  readonly recoveries: readonly Recovery[];
}

/** How a fault is written, for errors. */
export const FAULT_FORM = `a cluster, when, and what of ${joinOr(FAULT_KINDS)}, such as cluster=west@step3, cluster=west@step3:unreachable or cluster=west@10m:verify`;
/** How a recovery is written, for errors. */
export const RECOVERY_FORM = 'a cluster and when, such as cluster=west@step5 or cluster=west@20m';

const PATTERN = /^cluster=([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)@(step[1-9][0-9]{0,3}|[0-9hms]+)(?::([a-z]+))?$/;

/** Reads `cluster=west@step3:unreachable`; without a kind it is `unready`. Undefined when it is none: say FAULT_FORM. */
export function parseFault(text: string): Fault | undefined {
  const [, cluster, at, kind = 'unready'] = PATTERN.exec(text) ?? [];
  const moment = at === undefined ? undefined : parseMoment(at);
  const what = FAULT_KINDS.find((known) => known === kind);
  return cluster === undefined || moment === undefined || what === undefined
    ? undefined
    : { cluster, at: moment, what };
}

/** Reads `cluster=west@step5`. Undefined when it is none: say RECOVERY_FORM. */
export function parseRecovery(text: string): Recovery | undefined {
  const [, cluster, at, kind] = PATTERN.exec(text) ?? [];
  const moment = at === undefined ? undefined : parseMoment(at);
  return cluster === undefined || moment === undefined || kind !== undefined ? undefined : { cluster, at: moment };
}

function parseMoment(text: string): Moment | undefined {
  if (text.startsWith('step')) return { kind: 'step', step: Number(text.slice('step'.length)) };
  const seconds = parseDuration(text);
  return seconds === undefined ? undefined : { kind: 'time', seconds };
}

/** As `parseFault` and `parseRecovery` read it. */
export function scenarioText({ cluster, at, ...rest }: Fault | Recovery): string {
  const moment = at.kind === 'step' ? `step${at.step}` : formatSeconds(at.seconds);
  return `cluster=${cluster}@${moment}${'what' in rest ? `:${rest.what}` : ''}`;
}

/** What of a scenario cannot happen in a rollout by this plan, a sentence each. */
export function scenarioIssues(
  { steps, ...way }: Pick<Plan, 'from' | 'to' | 'steps'>,
  { faults, recoveries }: Scenario,
): readonly string[] {
  const clusters = [...new Set(unionBackends(way.from, way.to).map(({ cluster }) => cluster))].sort(compareText);
  return [...faults, ...recoveries].flatMap((one) => {
    const flag = 'what' in one ? 'fail' : 'recover';
    const found = `${flag} ${scenarioText(one)}: found`;
    const { cluster, at } = one;
    const issues: string[] = [];
    if (!clusters.includes(cluster)) issues.push(`${found} cluster "${cluster}"${allowedClusters(cluster, clusters)}`);
    if (at.kind === 'step' && at.step > steps.length) {
      issues.push(`${found} step ${at.step}; allowed: 1 to ${steps.length}, the steps that \`sluice plan\` prints`);
    }
    return issues;
  });
}

function allowedClusters(found: string, clusters: readonly string[]): string {
  const meant = nearest(found, clusters);
  const allowed = `allowed, since the rollout has a backend there: ${joinOr(clusters)}`;
  return meant === undefined ? `; ${allowed}` : `, did you mean "${meant}"? ${allowed}`;
}
