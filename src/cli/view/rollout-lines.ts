import { formatSeconds } from '../../lib/duration.ts';
import type { PlanStep } from '../../plan/types.ts';
import type { RolloutStatus, Status } from '../../workflows/status.ts';
import { gateLines } from './gate-lines.ts';
import { stepNote } from './step-notes.ts';
import type { Line, Span } from './text.ts';
import { formatAge, formatMoment, secondsLeft } from './units.ts';

/** `4/7` in a cell; once all is done `7/7`. */
export function stepCell(rollout: RolloutStatus | undefined): string {
  return rollout === undefined ? '<none>' : `${stepNumber(rollout)}/${rollout.steps.length}`;
}

/** Where the rollout stands, then each step: done, current or to do; as many as fit into `rows`. */
export function rolloutLines(status: Status, now: Date, rows = Number.POSITIVE_INFINITY): Line[] {
  const { rollout } = status;
  if (rollout === undefined) return [['No rollout.']];
  // In a small window the steps come first.
  const fitting = (lines: readonly Line[], left: number) => (left - lines.length >= LEAST_STEP_LINES ? lines : []);
  const end = fitting(endLines(status, rollout, now), rows - 1);
  const above: readonly Line[] = [[{ text: rolloutHeading(status, rollout, now), tone: 'strong' }], ...end];
  const shown = fitting(gateLines(rollout), rows - above.length);
  const steps = rollout.steps.map((_, index) => [
    stepLine(rollout, index, now),
    ...(index === rollout.step ? shown : []),
  ]);
  return [...above, ...foldSteps(steps, rollout.step, rows - above.length - shown.length)];
}

/** The current step, and what is folded on either side. */
const LEAST_STEP_LINES = 3;

/** Keeps the steps around the current one, and says how many are left out on either side. */
function foldSteps(steps: readonly (readonly Line[])[], current: number, rows: number): readonly Line[] {
  if (steps.length <= rows) return steps.flat();
  // One row each for what is said of the steps before and after.
  const shown = Math.max(1, rows - 2);
  const first = Math.max(0, Math.min(current - Math.floor(shown / 2), steps.length - shown));
  const after = steps.length - first - shown;
  return [...foldedLine(first, 'before'), ...steps.slice(first, first + shown).flat(), ...foldedLine(after, 'after')];
}

function foldedLine(count: number, where: 'before' | 'after'): readonly Line[] {
  return count === 0 ? [] : [[{ text: `  … ${count} more ${where}`, tone: 'faint' }]];
}

function stepLine(rollout: RolloutStatus, index: number, now: Date): Line {
  const digits = String(rollout.steps.length).length;
  const width = Math.max(...rollout.steps.map(({ text }) => text.length));
  const text = rollout.steps[index]?.text ?? '';
  const note = stepNote(rollout, index, now);
  const words = ` ${String(index + 1).padStart(digits)}  ${text}`;
  return ['  ', stepMark(rollout, index), words, ...(note ? [' '.repeat(width - text.length + 3), note] : [])];
}

/** As people count: from 1, and the last one when all are done. */
function stepNumber(rollout: RolloutStatus): number {
  return Math.min(rollout.step + 1, rollout.steps.length);
}

function rolloutHeading(status: Status, rollout: RolloutStatus, now: Date): string {
  const place = `step ${stepNumber(rollout)} of ${rollout.steps.length}`;
  const generation = `generation ${rollout.generation}${rollout.cause === undefined ? '' : ` (${rollout.cause})`}`;
  const ended = rollout.endedAt === undefined ? '' : ` ${formatAge(rollout.endedAt, now)} ago`;
  const { outcome } = rollout;
  switch (outcome?.kind) {
    case undefined: {
      const begun = `${generation} begun ${formatAge(rollout.startedAt, now)} ago`;
      return `${verbOf(status, rollout)} ${place}, ${begun}${rollout.paused ? ', held by pause' : ''}`;
    }
    case 'completed':
      return `Rollout of ${generation} completed${ended}`;
    case 'superseded':
      return `Rollout of ${generation} superseded by generation ${outcome.byGeneration}${ended}`;
    case 'rolledBack':
      return `Rollout of ${generation} rolled back at ${place},${ended}: ${outcome.reason}: ${outcome.message}`;
    case 'failed':
      return `Rollout of ${generation} failed at ${place},${ended}: ${outcome.reason}: ${outcome.message}`;
    default:
      return outcome satisfies never;
  }
}

function verbOf({ state }: Status, { held }: RolloutStatus): string {
  if (state === 'RollingBack') return 'Rolling back at';
  return held === undefined ? 'At' : 'Held at';
}

/** When it should be over and who moved it last, while it is under way. */
function endLines(status: Status, rollout: RolloutStatus, now: Date): readonly Line[] {
  if (rollout.outcome !== undefined) return [];
  const by = rollout.lastActor === undefined ? '' : `; last moved by ${rollout.lastActor}`;
  return [[`${endText(status, rollout, now)}${by}`]];
}

function endText({ state }: Status, { expectedEnd, held, paused, steps }: RolloutStatus, now: Date): string {
  if (expectedEnd !== undefined) {
    const left = secondsLeft(expectedEnd, now);
    if (left === 0) return 'Should have ended by now';
    return `ETA ${formatMoment(expectedEnd, now)}, in ${formatSeconds(left)} or later`;
  }
  if (state === 'RollingBack') return 'No ETA while it rolls back';
  if (held !== undefined || paused) return `No ETA before ${held === undefined ? 'it is resumed' : 'somebody decides'}`;
  const waits = steps.findIndex(({ step, state: of }) => of !== 'done' && isUntilPromoted(step));
  return waits === -1 ? 'No ETA' : `No ETA before step ${waits + 1} is promoted`;
}

function isUntilPromoted(step: PlanStep): boolean {
  return step.kind === 'pause' && step.durationSeconds === undefined;
}

function stepMark(rollout: RolloutStatus, index: number): Span {
  if (rollout.steps[index]?.state === 'done') return { text: '✓', tone: 'good' };
  if (index !== rollout.step) return { text: '·', tone: 'faint' };
  if (rollout.outcome !== undefined || rollout.held !== undefined) return { text: '✗', tone: 'bad' };
  return { text: '▸', tone: 'busy' };
}
