import { MAX_LABEL, MAX_NAME } from './constants.ts';

/**
 * A name as a look-up key: its wire form (length octets, no pointers, the root's zero at the end) with A to Z folded,
 * one character an octet. A dot or any other octet inside a label is just an octet (RFC 2181 section 11).
 */
export type NameKey = string;

/** Wire form of a written name such as `shop.example.test`; undefined when it is none. */
export function encodeName(text: string): Buffer | undefined {
  const labels = text === '' ? [] : text.split('.');
  const parts = labels.map((label) => Buffer.from(label, 'latin1'));
  if (parts.some((label) => label.length === 0 || label.length > MAX_LABEL)) return undefined;
  const wire = Buffer.concat([...parts.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
  return wire.length > MAX_NAME ? undefined : wire;
}

/** Folds ASCII letters only (RFC 4343 section 3). Length octets are below 64 and so never look like letters. */
export function nameKey(wire: Buffer, start: number, end: number): NameKey {
  const text = wire.toString('latin1', start, end);
  return /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
}

/** The wire form of a key, letters folded. */
export function nameWire(key: NameKey): Buffer {
  return Buffer.from(key, 'latin1');
}

/** The key of a written name; throws for text that is none. */
export function requiredKey(name: string): NameKey {
  const wire = encodeName(name);
  if (wire === undefined) throw new Error(`"${name}" is no name; labels have 1 to 63 octets, names 255 in all`);
  return nameKey(wire, 0, wire.length);
}

/** The key of the name one label up; undefined for the root. */
export function parentKey(key: NameKey): NameKey | undefined {
  return key.length > 1 ? key.slice(key.charCodeAt(0) + 1) : undefined;
}

/** The first label of a name, with its length octet. */
export function firstLabel(key: NameKey): string {
  return key.slice(0, key.charCodeAt(0) + 1);
}

/** The key of a written label; undefined when it is none. */
export function labelKey(label: string): string | undefined {
  const wire = label.includes('.') || label === '' ? undefined : encodeName(label);
  return wire === undefined ? undefined : nameKey(wire, 0, wire.length - 1);
}
