import type { Reading } from '../../client/client.ts';
import type { BackendStatus, EntityState, Status } from '../../workflows/status.ts';
import { orNone, table } from './table.ts';
import type { Line, Span, Tone } from './text.ts';
import { formatAge, formatShare } from './units.ts';

/** Parts that several views are made of. All are pure: a status and a moment in, lines out. */

const STATE_TONES = {
  Ready: 'good',
  Degraded: 'bad',
  Progressing: 'busy',
  Paused: 'busy',
  Held: 'bad',
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

/** The shares in force, `v1=90%,v2=10%`; backends without traffic are left out. */
export function sharesCell(backends: readonly BackendStatus[]): string {
  const serving = backends.filter((backend) => backend.shareInForce > 0);
  return orNone(serving.map((backend) => `${label(backend, backends)}=${formatShare(backend.shareInForce)}`).join(','));
}

/** Per backend the share wanted, the share in force, readiness and why. `wide` adds leaf and addresses. */
export function backendLines(status: Status, wide = false): Line[] {
  if (status.backends.length === 0) return [['No backends.']];
  // Only while there is something to compare: most of the time nothing is measured.
  const isMeasured = status.backends.some(({ measuredShare }) => measuredShare !== undefined);
  return table(
    [
      'BACKEND',
      'CLUSTER',
      'WANTED',
      'IN-FORCE',
      ...(isMeasured ? ['MEASURED'] : []),
      'READINESS',
      ...(wide ? ['LEAF', 'ADDRESSES'] : []),
      'REASON',
    ],
    status.backends.map((backend) => [
      ...shareCells(backend),
      ...(isMeasured ? [measuredCell(backend)] : []),
      { text: backend.readiness, tone: READINESS_TONES[backend.readiness] },
      ...(wide ? placeCells(backend) : []),
      reasonText(backend),
    ]),
  );
}

const READINESS_TONES = { Ready: 'good', NotReady: 'bad', Unknown: 'busy' } as const satisfies Record<
  BackendStatus['readiness'],
  Tone
>;

function shareCells(backend: BackendStatus): Span[] {
  return [backend.name, backend.cluster, formatShare(backend.wantedShare), shareSpan(backend)];
}

/** What its cluster had of the answers that were counted. */
function measuredCell({ measuredShare }: BackendStatus): string {
  return measuredShare === undefined ? '<none>' : formatShare(measuredShare);
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
