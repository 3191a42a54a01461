import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { answersIn, type Counted, type Counts, countedSince, judgeMeasured, type Measured } from '../plan/measured.ts';
import type { Plane } from '../planes/plane.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities, Measurement } from './types.ts';

/** How often planes are asked what they have counted. */
const INTERVAL_MS = 500;
/** The same while caches may still have old answers, when it only matters for who looks on. */
const EARLY_INTERVAL_MS = 2_000;
/** For so long answers are watched before it is said how many there will be. */
const GROWTH_MS = 1_000;
/** The longest that a timer of Node can be set to. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function settleActivities({
  planes,
  report,
}: Pick<ActivityDependencies, 'planes' | 'report'>): Pick<Activities, 'settleTraffic'> {
  return {
    settleTraffic: ({ watch, host, until: untilOfServer, measure }) =>
      heartbeating('looking', async () => {
        const until = untilOfServer + clockDifference();
        const signal = cancellationSignal();
        if (measure === undefined) {
          await untilTime(until, signal);
          return {};
        }
        // That is since it was scheduled, whichever attempt this is.
        const first: Sample = { at: performance.now() - sinceScheduledMs(), counts: {} };
        const count = async () => countedSince(measure.since, await countAnswers(planes, host, signal));
        const reporter = new Reporter(report, watch);
        const measuring = { measure, count, first, until, reporter, signal };
        const said = await untilThrough(measuring);
        const measured = await untilWithin(measuring, said);
        await reporter.flush();
        return { measured };
      }),
  };
}

/** What all instances of all planes have counted, as far as they tell. */
export async function countAnswers(planes: readonly Plane[], host: string, signal: AbortSignal): Promise<Counted> {
  const counted = await Promise.all(planes.map((plane) => plane.measure(host, signal)));
  return Object.fromEntries(counted.flatMap((each) => Object.entries(each)));
}

/** Times come from Temporal's clock, and this machine's may be ahead: a cache would be taken for through too early. */
function clockDifference(): number {
  return Date.now() - activityInfo().currentAttemptScheduledTimestampMs;
}

function sinceScheduledMs(): number {
  const { currentAttemptScheduledTimestampMs, scheduledTimestampMs } = activityInfo();
  return currentAttemptScheduledTimestampMs - scheduledTimestampMs;
}

async function untilTime(until: number, signal: AbortSignal): Promise<void> {
  for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
    await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
  }
}

interface Sample {
  /** By `performance.now`. */
  readonly at: number;
  readonly counts: Counts;
}

interface Measuring {
  readonly measure: Measurement;
  readonly count: () => Promise<Counts>;
  readonly first: Sample;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly reporter: Pick<Reporter, 'say'>;
  readonly signal: AbortSignal;
}

/**
 * Waits until caches are through. That shares are not as wanted is said as soon as it can be told; the result is whether that
 * was the last word.
 */
async function untilThrough({ measure, count, until, reporter, signal }: Measuring): Promise<'outside' | undefined> {
  let said: 'outside' | undefined;
  for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
    await delay(Math.min(left, EARLY_INTERVAL_MS), undefined, { signal });
    const measured = judge(measure, await count());
    if (measured.kind === 'tooFew' || (measured.kind === 'outside') === (said === 'outside')) continue;
    said = measured.kind === 'outside' ? 'outside' : undefined;
    reporter.say(measured.kind === 'outside' ? { waitsFor: waitSentence(measured) } : {});
  }
  return said;
}

function judge({ wanted, tolerancePercent }: Measurement, counted: Counts): Measured {
  return judgeMeasured({ wanted, counted, tolerancePercent });
}

function waitSentence({ message }: Measured): string {
  return `waiting for shares to be as wanted: ${message}`;
}

/** Counts again and again until it is as wanted, or the time is up, or it is foreseeable that answers will be too few. */
async function untilWithin(
  { measure, count, first, until, reporter, signal }: Measuring,
  saidBefore: Measured['kind'] | undefined,
): Promise<Measured> {
  const endsAt = until + measure.withinSeconds * 1000;
  let said = saidBefore;
  for (;;) {
    const sample: Sample = { at: performance.now(), counts: await count() };
    const measured = judge(measure, sample.counts);
    const leftMs = endsAt - Date.now();
    if (measured.kind === 'within' || leftMs <= 0) return measured;
    if (measured.kind === 'tooFew' && isHopeless({ first, sample, needed: measured.needed, leftMs })) return measured;
    // Not with each count: every word is a line of the workflow's history.
    if (measured.kind !== said) reporter.say({ waitsFor: waitSentence(measured) });
    said = measured.kind;
    await delay(Math.min(INTERVAL_MS, leftMs), undefined, { signal });
  }
}

interface Prospect {
  readonly first: Sample;
  readonly sample: Sample;
  readonly needed: number;
  readonly leftMs: number;
}

/** Whether answers come in too slowly for enough of them to be there in time. */
function isHopeless({ first, sample, needed, leftMs }: Prospect): boolean {
  const answers = answersIn(sample.counts);
  if (answers === 0) return true;
  const elapsedMs = sample.at - first.at;
  if (elapsedMs < GROWTH_MS) return false;
  const perMs = (answers - answersIn(first.counts)) / elapsedMs;
  return answers + perMs * leftMs < needed;
}
