import { type Line, type Span, spanWidth } from './text.ts';

/** Blanks between columns, as kubectl has them. */
const GAP = 3;

/**
 * Lines up rows below a header. Only the last column may hold blanks and only it has no padding, so that `awk` finds
 * the others and a narrow terminal cuts nothing else.
 */
export function table(header: readonly string[], rows: readonly (readonly Span[])[]): Line[] {
  const all: readonly (readonly Span[])[] = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => spanWidth(row[column] ?? ''))));
  return all.map((row) => row.flatMap((cell, column) => padded(cell, column, widths)));
}

/** What an empty cell shows, as in kubectl. */
export function orNone(text: string): string {
  return text === '' ? '<none>' : text;
}

function padded(cell: Span, column: number, widths: readonly number[]): Span[] {
  if (column === widths.length - 1) return [cell];
  const blanks = (widths[column] ?? 0) + GAP - spanWidth(cell);
  return [cell, ' '.repeat(blanks)];
}
