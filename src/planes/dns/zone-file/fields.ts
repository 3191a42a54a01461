import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Word } from './entries.ts';
import { fault, type Parsed, read, shown } from './parsed.ts';
import { MAX_SECONDS, parseSeconds } from './seconds.ts';
import { type Decoded, decodeName, formatText, parseName, parseText } from './text.ts';

/** A part of a record's data: how it is written, and how it is in the wire. */
export type Field = WordField | RestField;

/** Written as one word. */
interface WordField {
  readonly takes: 'word';
  readonly name: string;
  readonly encode: (word: Word, origin: Buffer) => Parsed<Buffer>;
  readonly decode: (data: Buffer, start: number) => Decoded | undefined;
}

/** Takes all words that are left, and all octets. */
export interface RestField {
  readonly takes: 'rest';
  readonly name: string;
  /** Words that it needs. */
  readonly least: 0 | 1;
  readonly encode: (words: readonly Word[]) => Parsed<Buffer>;
  readonly decode: (data: Buffer, start: number) => string | undefined;
}

/** The length octet of a character-string (RFC 1035 section 3.3). */
const MAX_STRING = 255;

export function integerField(name: string, octets: 1 | 2 | 4): WordField {
  const max = 256 ** octets - 1;
  return {
    takes: 'word',
    name,
    encode: ({ text, line }) => {
      const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
      return value <= max
        ? read(integer(value, octets))
        : fault(line, `found ${shown(text)} as the ${name}; allowed: 0 to ${max}`);
    },
    decode: (data, start) => decodeInteger(data, start, octets),
  };
}

/** Four octets, written with units if one likes. */
export function secondsField(name: string): WordField {
  return {
    takes: 'word',
    name,
    encode: (word) => {
      const seconds = parseSeconds(word, name);
      return seconds.kind === 'fault' ? seconds : read(integer(seconds.value, 4));
    },
    decode: (data, start) => {
      const seconds = decodeInteger(data, start, 4);
      return Number(seconds?.text) <= MAX_SECONDS ? seconds : undefined;
    },
  };
}

export function nameField(name: string): WordField {
  return { takes: 'word', name, encode: parseName, decode: decodeName };
}

export const ipv4Field: WordField = {
  takes: 'word',
  name: 'address',
  encode: ({ text, line }) =>
    isIPv4(text) ? read(encodeAddress(text)) : fault(line, `found ${shown(text)} as the address; allowed: 192.0.2.1`),
  decode: (data, start) => decodeAddress(data, start, 4),
};

export const ipv6Field: WordField = {
  takes: 'word',
  name: 'address',
  encode: ({ text, line }) =>
    isPlainIPv6(text)
      ? read(encodeAddress(text))
      : fault(line, `found ${shown(text)} as the address; allowed: 2001:db8::1`),
  decode: (data, start) => decodeAddress(data, start, 16),
};

export function stringField(name: string): WordField {
  return { takes: 'word', name, encode: (word) => encodeString(word), decode: decodeString };
}

/** One or more character-strings (RFC 1035 section 3.3.14). */
export const stringsField: RestField = {
  takes: 'rest',
  name: 'text...',
  least: 1,
  encode: (words) => {
    const strings: Buffer[] = [];
    for (const word of words) {
      const string = encodeString(word);
      if (string.kind === 'fault') return string;
      strings.push(string.value);
    }
    return read(Buffer.concat(strings));
  },
  decode: (data, start) => {
    const strings: string[] = [];
    for (let at = start; at < data.length; ) {
      const string = decodeString(data, at);
      if (string === undefined) return undefined;
      strings.push(string.text);
      at = string.end;
    }
    return strings.length === 0 ? undefined : strings.join(' ');
  },
};

/** RFC 8659 section 4.1: letters and digits, never in quotation marks. */
export const tagField: WordField = {
  takes: 'word',
  name: 'tag',
  encode: (word) =>
    /^[0-9a-z]{1,255}$/i.test(word.text)
      ? encodeString(word)
      : fault(word.line, `found ${shown(word.text)} as the tag; allowed: letters and digits, such as issue`),
  decode: (data, start) => {
    const tag = decodeString(data, start);
    const text = tag?.text.slice(1, -1) ?? '';
    return tag !== undefined && /^[0-9a-z]+$/i.test(text) ? { text, end: tag.end } : undefined;
  },
};

/** Text that runs to the end of the data, and so has no length octet. */
export function textField(name: string): WordField {
  return {
    takes: 'word',
    name,
    encode: parseText,
    decode: (data, start) => ({ text: formatText(data.subarray(start)), end: data.length }),
  };
}

/** Hexadecimal digits, which blanks may part. */
export function hexField(name: string): RestField {
  return {
    takes: 'rest',
    name,
    least: 1,
    encode: (words) => encodeHex(words, name),
    decode: (data, start) => (start < data.length ? data.toString('hex', start).toUpperCase() : undefined),
  };
}

export function encodeHex(words: readonly Word[], what: string): Parsed<Buffer> {
  const text = words.map((word) => word.text).join('');
  if (text.length % 2 === 0 && !/[^0-9a-f]/i.test(text)) return read(Buffer.from(text, 'hex'));
  return fault(words[0]?.line ?? 0, `found ${shown(text)} as the ${what}; allowed: pairs of hexadecimal digits`);
}

export function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

/** Octets of an address that was checked before. */
export function encodeAddress(text: string): Buffer {
  return Buffer.from(ipaddr.parse(text).toByteArray());
}

export function decodeAddress(data: Buffer, start: number, octets: 4 | 16): Decoded | undefined {
  const end = start + octets;
  return end > data.length ? undefined : { text: ipaddr.fromByteArray([...data.subarray(start, end)]).toString(), end };
}

function encodeString(word: Word): Parsed<Buffer> {
  const text = parseText(word);
  if (text.kind === 'fault') return text;
  const { length } = text.value;
  if (length <= MAX_STRING) return read(Buffer.concat([Buffer.of(length), text.value]));
  return fault(word.line, `found a string of ${length} octets; allowed: ${MAX_STRING}, so write it as several strings`);
}

function decodeString(data: Buffer, start: number): Decoded | undefined {
  const length = data[start];
  if (length === undefined) return undefined;
  const end = start + 1 + length;
  return end > data.length ? undefined : { text: formatText(data.subarray(start + 1, end)), end };
}

function integer(value: number, octets: number): Buffer {
  const data = Buffer.alloc(octets);
  data.writeUIntBE(value, 0, octets);
  return data;
}

function decodeInteger(data: Buffer, start: number, octets: number): Decoded | undefined {
  const end = start + octets;
  return end > data.length ? undefined : { text: data.readUIntBE(start, octets).toString(), end };
}
