import type { Reading } from '../../client/client.ts';
import type { Status } from '../../workflows/status.ts';
import { leafLines } from './leaf-sections.ts';
import { noticeLines } from './notices.ts';
import { rolloutLines } from './rollout-lines.ts';
import { backendLines, sharesCell, staleLines, stateSpan } from './sections.ts';
import { type Line, wrapText } from './text.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Heading, current step, and what is folded on either side. */
const LEAST_STEP_ROWS = 4;

/** `sluice watch NAME` on a terminal: one screen. In a small window steps far from the current one are folded. */
export function watchScreen(reading: Reading<Status>, now: Date, size?: ScreenSize): Line[] {
  const status = reading.value;
  const above: readonly Line[] = [
    [
      { text: `federatedingress/${status.name}`, tone: 'strong' },
      '  ',
      stateSpan(status.state),
      `  ${status.namespace}  ${status.host}  generation ${status.generation}  revision ${status.revision}`,
    ],
    ...wrapText(status.message, size?.columns).map((text) => [text]),
    ...staleLines(reading, now),
    [],
    ...backendLines(status),
    [],
  ];
  const notices = noticeLines(status, now);
  const trouble = [...(notices.length === 0 ? [] : [[], ...notices]), ...leafLines(status)];
  // In a small window the steps come first: the sentence above says what matters of the rest.
  const fits = size === undefined || above.length + trouble.length + LEAST_STEP_ROWS <= size.rows;
  const top = fits && trouble.length > 0 ? [...above, ...trouble.slice(1), []] : above;
  return [...top, ...rolloutLines(status, now, size && size.rows - top.length)];
}

/** What a log gets for each change: state, shares and the sentence, which names the step. The time is put before it when printed. */
export function changeLine(reading: Reading<Status>): Line {
  const status = reading.value;
  const stale = reading.staleSince === undefined ? '' : ` (stale since ${reading.staleSince})`;
  return [stateSpan(status.state), `  ${sharesCell(status.backends)}  ${status.message}${stale}`];
}

/** Fits a screen to the rows of a terminal, and says what did not fit. */
export function fitRows(lines: readonly Line[], rows: number): readonly Line[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(1, rows - 1);
  return [
    ...lines.slice(0, shown),
    [{ text: `… ${lines.length - shown} more lines: enlarge the window`, tone: 'faint' }],
  ];
}
