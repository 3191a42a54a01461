import { formatSeconds } from '../../lib/duration.ts';
import type { RolloutStatus, StepStatus } from '../../workflows/status.ts';
import type { Span } from './text.ts';
import { formatAge, formatMoment, secondsLeft } from './units.ts';

/** What is known of the time of one step: how long it took and when it ended, what is left of it, when it should end. */
export function stepNote(rollout: RolloutStatus, index: number, now: Date): Span | undefined {
  const step = rollout.steps[index];
  if (step === undefined) return undefined;
  if (step.state === 'done') return doneNote(step, now);
  if (rollout.outcome !== undefined) return undefined;
  return index === rollout.step ? currentNote(rollout, step, now) : laterNote(step, now);
}

function doneNote({ startedAt, endedAt, plannedSeconds }: StepStatus, now: Date): Span | undefined {
  if (startedAt === undefined || endedAt === undefined) return undefined;
  const planned = plannedSeconds === 0 ? '' : ` (planned ${formatSeconds(plannedSeconds)})`;
  const took = formatAge(startedAt, new Date(endedAt));
  return { text: `took ${took}${planned}, ended ${formatMoment(endedAt, now)}`, tone: 'faint' };
}

function currentNote(rollout: RolloutStatus, step: StepStatus, now: Date): Span | undefined {
  if (rollout.held !== undefined) return { text: 'held', tone: 'bad' };
  if (step.state === 'waiting') return rollout.paused ? { text: 'held until resumed', tone: 'busy' } : undefined;
  const { until, startedAt } = step;
  if (until !== undefined) {
    const left = formatSeconds(secondsLeft(until, now));
    return { text: `${left} left, until ${formatMoment(until, now)}`, tone: 'busy' };
  }
  return startedAt === undefined ? undefined : { text: `for ${formatAge(startedAt, now)}`, tone: 'busy' };
}

/** Behind a step that waits for a person only the length is known. */
function laterNote({ expectedEnd, plannedSeconds }: StepStatus, now: Date): Span | undefined {
  if (expectedEnd !== undefined) return { text: `about ${formatMoment(expectedEnd, now)}`, tone: 'faint' };
  return plannedSeconds === 0 ? undefined : { text: `planned ${formatSeconds(plannedSeconds)}`, tone: 'faint' };
}
