import { MAX_LABEL, MAX_NAME } from '../wire/constants.ts';
import type { Word } from './entries.ts';
import { fault, type Parsed, read, shown } from './parsed.ts';

/** Lifts an escaped octet out of the way of those that mean something; `latin1` encoding takes the lower octet again. */
const ESCAPED = 0x100;
const ESCAPE = /\\([0-9]{3}|[^0-9]|)/g;
const ESCAPE_HELP = 'allowed: a backslash before a sign that is no digit, or before three digits up to 255';

/** The octets of a character-string, without its length octet (RFC 1035 section 5.1). What is not ASCII counts as UTF-8. */
export function parseText({ text, line }: Word): Parsed<Buffer> {
  if (!text.includes('\\')) return read(Buffer.from(text, 'utf8'));
  const octets = unescape(Buffer.from(text, 'utf8').toString('latin1'));
  if (octets === undefined) return fault(line, `found ${shown(text)} with a wrong escape; ${ESCAPE_HELP}`);
  return read(Buffer.from(octets, 'latin1'));
}

/** The wire form of a name; one without a final dot, and `@`, is taken from the origin. */
export function parseName(word: Word, origin: Buffer): Parsed<Buffer> {
  const { text, line } = word;
  if (text === '@' && word.quotes === 'none') return read(origin);
  if (text === '.') return read(Buffer.of(0));
  if (/[^ -~]/.test(text)) {
    return fault(
      line,
      `found ${shown(text)} as a name; allowed: ASCII, so write it as xn--..., or its octets as \\DDD`,
    );
  }
  const unescaped = unescape(text);
  if (unescaped === undefined) return fault(line, `found the name ${shown(text)} with a wrong escape; ${ESCAPE_HELP}`);
  const absolute = unescaped.endsWith('.');
  const labels = (absolute ? unescaped.slice(0, -1) : unescaped)
    .split('.')
    .map((label) => Buffer.from(label, 'latin1'));
  if (labels.some(({ length }) => length === 0)) {
    return fault(line, `found an empty label in the name ${shown(text)}; allowed: labels of 1 to ${MAX_LABEL} octets`);
  }
  const long = labels.find(({ length }) => length > MAX_LABEL);
  if (long !== undefined) {
    return fault(line, `found a label of ${long.length} octets in ${shown(text)}; allowed: 1 to ${MAX_LABEL}`);
  }
  const wire = [...labels.flatMap((label) => [Buffer.of(label.length), label]), absolute ? Buffer.of(0) : origin];
  const name = Buffer.concat(wire);
  if (name.length <= MAX_NAME) return read(name);
  return fault(line, `the name ${shown(text)} has ${name.length} octets with its origin; allowed: ${MAX_NAME}`);
}

/** The written form of a name in wire form; it ends in a dot. */
export function formatName(wire: Buffer): string {
  const name = decodeName(wire, 0);
  if (name?.end !== wire.length) throw new Error(`not a name in wire form: ${wire.toString('hex')}`);
  return name.text;
}

export interface Decoded {
  readonly text: string;
  /** Where the next part of the data begins. */
  readonly end: number;
}

/** Reads an uncompressed name inside data; undefined when there is none. */
export function decodeName(data: Buffer, start: number): Decoded | undefined {
  let text = '';
  let at = start;
  for (;;) {
    const length = data[at];
    if (length === undefined || length > MAX_LABEL || at + 1 + length > data.length) return undefined;
    at += 1 + length;
    if (at - start > MAX_NAME) return undefined;
    if (length === 0) return { text: text === '' ? '.' : text, end: at };
    text += `${formatLabel(data.toString('latin1', at - length, at))}.`;
  }
}

/** A character-string in quotation marks. */
export function formatText(octets: Buffer): string {
  const text = octets.toString('latin1').replaceAll(/["\\]/g, '\\$&');
  return `"${text.replaceAll(/[^ -~]/g, decimalEscape)}"`;
}

function formatLabel(label: string): string {
  return label.replaceAll(/[.$;@()"\\]/g, '\\$&').replaceAll(/[^!-~]/g, decimalEscape);
}

function decimalEscape(sign: string): string {
  return `\\${sign.charCodeAt(0).toString().padStart(3, '0')}`;
}

/** Takes the escapes out of a text; undefined when one is wrong. */
function unescape(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  let wrong = false;
  const unescaped = text.replaceAll(ESCAPE, (_escape, body: string) => {
    const octet = body.length === 3 ? Number(body) : body.charCodeAt(0);
    wrong ||= !(octet <= 0xff);
    return String.fromCharCode(ESCAPED + octet);
  });
  return wrong ? undefined : unescaped;
}
