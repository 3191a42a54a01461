import type { WriteStream } from 'node:tty';
import { stringify } from 'yaml';
import type { Reading } from '../client/client.ts';
import { staleSentence } from './view/sections.ts';
import { type Line, type Rendering, render } from './view/text.ts';

export const OUTPUT_FORMATS = ['wide', 'json', 'yaml', 'name', 'jsonl'] as const;
/** What every verb can print; `jsonl` is for lists that are exported. */
export type OutputFormat = Exclude<(typeof OUTPUT_FORMATS)[number], 'jsonl'>;

/** The part of standard output that matters here; a TTY has a width and may have colours. */
export type OutputStream = NodeJS.WritableStream &
  Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows' | 'hasColors'>>;

/** Colours and width for a stream: none of both unless it is a terminal. `hasColors` heeds NO_COLOR, FORCE_COLOR and TERM. */
export function renderingFor(stream: OutputStream, color: boolean): Rendering {
  if (stream.isTTY !== true) return { color: false };
  const width = stream.columns === undefined ? {} : { width: stream.columns };
  return { color: color && stream.hasColors?.() === true, ...width };
}

export function printLines(lines: readonly Line[], rendering: Rendering): void {
  process.stdout.write(render(lines, rendering));
}

/** Prints a value as one JSON or YAML document. */
export function printDocument(value: unknown, format: 'json' | 'yaml'): void {
  process.stdout.write(format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value));
}

export function isDocumentFormat(format: OutputFormat | undefined): format is 'json' | 'yaml' {
  return format === 'json' || format === 'yaml';
}

/** Formats without room for it get the notice that a reading is old beside the output. */
export function warnIfStale(reading: Reading<unknown>): void {
  if (reading.staleSince === undefined) return;
  process.stderr.write(`warning: ${staleSentence(reading.staleSince, new Date())}\n`);
}

/** `federatedingress/shop`: how objects are called in all output. */
export function objectName(name: string): string {
  return `federatedingress/${name}`;
}
