import type { Word } from './entries.ts';
import { fault, type Parsed, read, shown } from './parsed.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };
/** The most that a TTL can say: its highest bit is zero (RFC 2181 section 8). */
export const MAX_SECONDS = 0x7fff_ffff;

/** Longer than anything that makes sense, characters. */
const MAX_LENGTH = 40;

/** Reads a TTL or another time: `3600`, or with units as in `1h30m`. */
export function parseSeconds({ text, line }: Word, what: string): Parsed<number> {
  const written = text.length <= MAX_LENGTH && /^[0-9]+$|^(?:[0-9]+[smhdw])+$/i.test(text);
  const parts = written ? [...text.toLowerCase().matchAll(/([0-9]+)([smhdw]?)/g)] : [];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
  if (written && seconds <= MAX_SECONDS) return read(seconds);
  return fault(line, `found ${shown(text)} as the ${what}; allowed: 0 to ${MAX_SECONDS} seconds, or units as in 1h30m`);
}
