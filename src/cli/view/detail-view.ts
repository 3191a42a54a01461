import type { Reading } from '../../client/client.ts';
import type { Status } from '../../workflows/status.ts';
import { actorCell, messageAndReason } from './history-view.ts';
import { leafLines } from './leaf-sections.ts';
import { strategyCell } from './list-view.ts';
import { noticeLines } from './notices.ts';
import { rolloutLines } from './rollout-lines.ts';
import { backendLines, staleLines, stateSpan } from './sections.ts';
import { orNone, table } from './table.ts';
import { type Line, type Span, wrapText } from './text.ts';
import { formatAge } from './units.ts';

/** What the short form shows of the history; `-o wide` shows all that is kept. */
const RECENT = 10;

/** Columns that the names of fields take. */
const INDENT = 13;

interface DetailOptions {
  readonly wide?: boolean;
  /** Columns of the terminal, if there is one: the message is wrapped to it, not cut. */
  readonly width?: number | undefined;
}

/** `sluice get NAME`: everything about one FederatedIngress. */
export function detailView(reading: Reading<Status>, now: Date, options: DetailOptions = {}): Line[] {
  const { wide = false, width } = options;
  const status = reading.value;
  const notices = noticeLines(status, now);
  return [
    ...staleLines(reading, now),
    ...fieldLines(status, now, width),
    ...(notices.length === 0 ? [] : [[], ...notices]),
    [],
    ...backendLines(status, wide),
    ...leafLines(status),
    [],
    ...rolloutLines(status, now),
    [],
    ...conditionLines(status, now),
    [],
    ...historyLines(status, now, wide),
  ];
}

function fieldLines(status: Status, now: Date, width: number | undefined): Line[] {
  const live = status.liveGeneration === undefined ? 'none completed yet' : `completed: ${status.liveGeneration}`;
  const message = wrapText(orNone(status.message), width === undefined ? undefined : width - INDENT);
  const fields: readonly (readonly [string, Span])[] = [
    ['Name:', status.name],
    ['Namespace:', status.namespace],
    ['Host:', status.host],
    ...previewField(status),
    ['Strategy:', strategyCell(status)],
    ['Age:', formatAge(status.createdAt, now)],
    ['Generation:', `${status.generation} (${live})`],
    ['Revision:', String(status.revision)],
    ['State:', stateSpan(status.state)],
    ...undoFields(status, now),
    ...message.map((text, index) => [index === 0 ? 'Message:' : '', text] as const),
  ];
  return fields.map(([name, value]) => [name.padEnd(INDENT), value]);
}

/** `preview.shop.example.test -> v2 (west) 100 %` */
function previewField({ preview }: Status): readonly (readonly [string, Span])[] {
  if (preview === undefined) return [];
  const served = preview.backends.map(({ name, cluster, share }) => `${name} (${cluster}) ${share / 100} %`);
  return [['Preview:', `${preview.host} -> ${served.length === 0 ? 'nothing yet' : served.join(', ')}`]];
}

/** What `sluice undo` can go back to, newest first. */
function undoFields({ undoable = [] }: Status, now: Date): readonly (readonly [string, Span])[] {
  if (undoable.length === 0) return [];
  const all = undoable.map(({ generation, completedAt, strategy }) => {
    const done = completedAt === undefined ? 'never completed' : `completed ${formatAge(completedAt, now)} ago`;
    return `${generation} (${strategy}, ${done})`;
  });
  return [['Undo to:', all.join(', ')]];
}

function conditionLines(status: Status, now: Date): Line[] {
  const rows = status.conditions.map((condition) => [
    condition.type,
    condition.status,
    formatAge(condition.lastTransitionTime, now),
    orNone(condition.reason),
    orNone(condition.message),
  ]);
  return table(['CONDITION', 'STATUS', 'AGE', 'REASON', 'MESSAGE'], rows);
}

function historyLines(status: Status, now: Date, wide: boolean): Line[] {
  const entries = wide ? status.history : status.history.slice(-RECENT);
  const rows = entries.map((entry) => [
    formatAge(entry.at, now),
    actorCell(entry),
    entry.action,
    messageAndReason(entry),
  ]);
  return table(['AGE', 'ACTOR', 'ACTION', 'MESSAGE'], rows);
}
