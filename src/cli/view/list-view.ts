import { parse } from '../../spec/parse.ts';
import type { Status } from '../../workflows/status.ts';
import { stepCell } from './rollout-lines.ts';
import { sharesCell, stateSpan } from './sections.ts';
import { orNone, table } from './table.ts';
import type { Line, Span } from './text.ts';
import { formatAge } from './units.ts';

const HEADER = ['NAMESPACE', 'NAME', 'HOST', 'STRATEGY', 'STEP', 'SHARES', 'READY', 'AGE'];
const WIDE_HEADER = [...HEADER, 'GENERATION', 'REVISION', 'STATE', 'MESSAGE'];

/** `sluice list`: one row a FederatedIngress. */
export function listView(statuses: readonly Status[], now: Date, wide = false): Line[] {
  return table(
    wide ? WIDE_HEADER : HEADER,
    statuses.map((status) => [...cells(status, now), ...(wide ? wideCells(status) : [])]),
  );
}

/** The status of the summary condition, as kubectl would show it. */
function readyCell(status: Status): 'True' | 'False' | 'Unknown' {
  return status.conditions.find((condition) => condition.type === 'Ready')?.status ?? 'Unknown';
}

export function strategyCell(status: Status): string {
  const parsed = parse(status.document);
  return parsed.kind === 'valid' ? parsed.value.strategy.kind : '<unknown>';
}

const READY_TONES = { True: 'good', False: 'bad', Unknown: 'busy' } as const;

function cells(status: Status, now: Date): Span[] {
  const ready = readyCell(status);
  return [
    status.namespace,
    status.name,
    status.host,
    strategyCell(status),
    stepCell(status.rollout),
    sharesCell(status.backends),
    { text: ready, tone: READY_TONES[ready] },
    formatAge(status.createdAt, now),
  ];
}

function wideCells(status: Status): Span[] {
  return [String(status.generation), String(status.revision), stateSpan(status.state), orNone(status.message)];
}
