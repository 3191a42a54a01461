import { stripVTControlCharacters, styleText } from 'node:util';

/** What a piece of text means; how that looks is decided where it is printed. */
export type Tone = 'strong' | 'good' | 'bad' | 'busy' | 'faint';

export type Span = string | { readonly text: string; readonly tone: Tone };

/** One line on the screen. Views make lines, printers render them. */
export type Line = readonly Span[];

export interface Rendering {
  readonly color: boolean;
  /** Columns; longer lines are cut. Absent where nobody's window limits them: files and pipes. */
  readonly width?: number;
}

const STYLES = {
  strong: 'bold',
  good: 'green',
  bad: 'red',
  busy: 'yellow',
  faint: 'dim',
} as const satisfies Record<Tone, string>;

const SEGMENTER = new Intl.Segmenter();
const ELLIPSIS = '…';

export function render(lines: readonly Line[], rendering: Rendering): string {
  return lines.map((line) => `${renderLine(line, rendering)}\n`).join('');
}

export function renderLine(line: Line, rendering: Rendering): string {
  const safe = line.map(withoutControls);
  const cut = rendering.width === undefined ? safe : cutLine(safe, rendering.width);
  return cut.map((span) => paint(span, rendering.color)).join('');
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span.text;
}

/** Columns that a span takes: one a character as people see it, right for all that Sluice itself writes. */
export function spanWidth(span: Span): number {
  return charactersOf(span).length;
}

/** Breaks a sentence between words where it matters to see all of it; one line where no width is given. */
export function wrapText(text: string, width: number | undefined): readonly string[] {
  if (width === undefined) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && spanWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

function charactersOf(span: Span): readonly string[] {
  return Array.from(SEGMENTER.segment(textOf(span)), ({ segment }) => segment);
}

function paint(span: Span, color: boolean): string {
  if (typeof span === 'string') return span;
  return color ? styleText(STYLES[span.tone], span.text, { validateStream: false }) : span.text;
}

/** Messages come from clusters and documents: they may neither steer the terminal nor break a line in two. */
function withoutControls(span: Span): Span {
  const text = stripVTControlCharacters(textOf(span)).replaceAll(/\p{Cc}+/gu, ' ');
  return withText(span, text);
}

function cutLine(line: Line, width: number): Line {
  if (line.reduce((sum, span) => sum + spanWidth(span), 0) <= width) return line;
  const kept: Span[] = [];
  let left = width - ELLIPSIS.length;
  for (const span of line) {
    if (left === 0) break;
    const characters = charactersOf(span).slice(0, left);
    left -= characters.length;
    kept.push(withText(span, characters.join('')));
  }
  return [...kept, ELLIPSIS];
}

function withText(span: Span, text: string): Span {
  return typeof span === 'string' ? text : { ...span, text };
}
