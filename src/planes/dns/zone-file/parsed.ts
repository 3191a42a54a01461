/** What reading a part of a zone file gives: a value, or why there is none and in which line. */
export type Parsed<T> = { readonly kind: 'read'; readonly value: T } | Fault;

export interface Fault {
  readonly kind: 'fault';
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** What is shown of a text that a message quotes, characters. */
const SHOWN = 60;

export function read<T>(value: T): Parsed<T> {
  return { kind: 'read', value };
}

export function fault(line: number, message: string): Fault {
  return { kind: 'fault', line, message };
}

/** A text of the file as messages quote it: short, and without control characters. */
export function shown(text: string): string {
  const start = text.slice(0, SHOWN).replaceAll(/\p{C}/gu, '?');
  return `"${start}${text.length > SHOWN ? '...' : ''}"`;
}
