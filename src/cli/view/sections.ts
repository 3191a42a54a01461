import type { Reading } from '../../client/client.ts';
import { formatSeconds } from '../../lib/duration.ts';
import type { BackendStatus, EntityState, RolloutStatus, Status, StepStatus } from '../../workflows/status.ts';
import { orNone, table } from './table.ts';
import type { Line, Span, Tone } from './text.ts';
import { formatAge, formatShare, secondsLeft } from './units.ts';

/** Parts that several views are made of. All are pure: a status and a moment in, lines out. */

const STATE_TONES = {
  Ready: 'good',
  Degraded: 'bad',
  Progressing: 'busy',
  Paused: 'busy',
  RollingBack: 'bad',
  RolledBack: 'bad',
  Failed: 'bad',
  Deleting: 'busy',
  Deleted: 'faint',
} as const satisfies Record<EntityState, Tone>;

export function stateSpan(state: EntityState): Span {
  return { text: state, tone: STATE_TONES[state] };
}

/** Says since when a reading is old; no line for a fresh one. */
export function staleLines(reading: Reading<unknown>, now: Date): Line[] {
  const since = reading.staleSince;
  return since === undefined ? [] : [[{ text: staleSentence(since, now), tone: 'bad' }]];
}

export function staleSentence(since: string, now: Date): string {
  return `stale: last seen ${formatAge(since, now)} ago (${since}), the source cannot be asked now`;
}

/** `4/7` in a cell; once all is done `7/7`. */
export function stepCell(rollout: RolloutStatus | undefined): string {
  return rollout === undefined ? '<none>' : `${stepNumber(rollout)}/${rollout.steps.length}`;
}

/** The shares in force, `v1=90%,v2=10%`; backends without traffic are left out. */
export function sharesCell(backends: readonly BackendStatus[]): string {
  const serving = backends.filter((backend) => backend.shareInForce > 0);
  return orNone(serving.map((backend) => `${label(backend, backends)}=${formatShare(backend.shareInForce)}`).join(','));
}

/** Per backend the share wanted, the share in force, readiness and why. `wide` adds leaf and addresses. */
export function backendLines(status: Status, wide = false): Line[] {
  if (status.backends.length === 0) return [['No backends.']];
  const header = ['BACKEND', 'CLUSTER', 'WANTED', 'IN-FORCE', 'READINESS', 'REASON'];
  if (!wide)
    return table(
      header,
      status.backends.map((backend) => [...backendCells(backend), reasonText(backend)]),
    );
  return table(
    [...header.slice(0, -1), 'LEAF', 'ADDRESSES', 'REASON'],
    status.backends.map((backend) => [...backendCells(backend), ...placeCells(backend), reasonText(backend)]),
  );
}

/** Where the rollout stands, then each step: done, current or to do; as many as fit into `rows`. */
export function rolloutLines(status: Status, now: Date, rows = Number.POSITIVE_INFINITY): Line[] {
  const { rollout } = status;
  if (rollout === undefined) return [['No rollout.']];
  const steps = rollout.steps.map((_, index) => stepLine(rollout, index, now));
  return [
    [{ text: rolloutHeading(status, rollout, now), tone: 'strong' }],
    ...foldSteps(steps, rollout.step, rows - 1),
  ];
}

/** Keeps the steps around the current one, and says how many are left out on either side. */
function foldSteps(steps: readonly Line[], current: number, rows: number): readonly Line[] {
  if (steps.length <= rows) return steps;
  // One row each for what is said of the steps before and after.
  const shown = Math.max(1, rows - 2);
  const first = Math.max(0, Math.min(current - Math.floor(shown / 2), steps.length - shown));
  const after = steps.length - first - shown;
  return [...foldedLine(first, 'before'), ...steps.slice(first, first + shown), ...foldedLine(after, 'after')];
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

const READINESS_TONES = { Ready: 'good', NotReady: 'bad', Unknown: 'busy' } as const satisfies Record<
  BackendStatus['readiness'],
  Tone
>;

function backendCells(backend: BackendStatus): Span[] {
  return [
    backend.name,
    backend.cluster,
    formatShare(backend.wantedShare),
    shareSpan(backend),
    { text: backend.readiness, tone: READINESS_TONES[backend.readiness] },
  ];
}

function shareSpan(backend: BackendStatus): Span {
  const text = formatShare(backend.shareInForce);
  return backend.shareInForce === backend.wantedShare ? text : { text, tone: 'busy' };
}

/** Of a ready backend the sentence says it all. */
function reasonText(backend: BackendStatus): string {
  if (backend.readiness === 'Ready') return orNone(backend.message);
  return orNone([backend.reason, backend.message].filter((part) => part !== '').join(': '));
}

function placeCells({ leaf, addresses, port }: BackendStatus): Span[] {
  const places = addresses.map((address) => (port === undefined ? address : `${address}:${port}`));
  return [`${leaf.kind}/${leaf.namespace}/${leaf.name}`, orNone(places.join(','))];
}

/** Backends of two generations may share a name; then the cluster tells them apart, as in the texts of steps. */
function label(backend: BackendStatus, all: readonly BackendStatus[]): string {
  const unique = all.filter((other) => other.name === backend.name).length === 1;
  return unique ? backend.name : `${backend.name}(${backend.cluster})`;
}

/** As people count: from 1, and the last one when all are done. */
function stepNumber(rollout: RolloutStatus): number {
  return Math.min(rollout.step + 1, rollout.steps.length);
}

function rolloutHeading(status: Status, rollout: RolloutStatus, now: Date): string {
  const place = `step ${stepNumber(rollout)} of ${rollout.steps.length}`;
  const generation = `generation ${rollout.generation}`;
  const ended = rollout.endedAt === undefined ? '' : ` ${formatAge(rollout.endedAt, now)} ago`;
  const { outcome } = rollout;
  switch (outcome?.kind) {
    case undefined: {
      const verb = status.state === 'RollingBack' ? 'Rolling back at' : 'At';
      return `${verb} ${place}, ${generation} begun ${formatAge(rollout.startedAt, now)} ago${rollout.paused ? ', held by pause' : ''}`;
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

function stepMark(rollout: RolloutStatus, index: number): Span {
  if (rollout.steps[index]?.state === 'done') return { text: '✓', tone: 'good' };
  if (index !== rollout.step) return { text: '·', tone: 'faint' };
  if (rollout.outcome !== undefined) return { text: '✗', tone: 'bad' };
  return { text: '▸', tone: 'busy' };
}

/** How long a step took, has been going on or has left. */
function stepNote(rollout: RolloutStatus, index: number, now: Date): Span | undefined {
  const step = rollout.steps[index];
  if (step?.state === 'done') return doneNote(step);
  if (step === undefined || rollout.outcome !== undefined || index !== rollout.step) return undefined;
  if (step.state === 'waiting') return rollout.paused ? { text: 'held until resumed', tone: 'busy' } : undefined;
  if (step.until !== undefined) return { text: `${formatSeconds(secondsLeft(step.until, now))} left`, tone: 'busy' };
  return step.startedAt === undefined ? undefined : { text: `for ${formatAge(step.startedAt, now)}`, tone: 'busy' };
}

function doneNote({ startedAt, endedAt }: StepStatus): Span | undefined {
  if (startedAt === undefined || endedAt === undefined) return undefined;
  return { text: `took ${formatAge(startedAt, new Date(endedAt))}`, tone: 'faint' };
}
