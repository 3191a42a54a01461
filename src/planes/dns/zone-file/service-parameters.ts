import { isIPv4 } from 'node:net';
import type { Word } from './entries.ts';
import { decodeAddress, encodeAddress, isPlainIPv6, type RestField } from './fields.ts';
import { fault, type Parsed, read, shown } from './parsed.ts';
import { formatText, parseText } from './text.ts';

interface Parameter {
  readonly key: number;
  readonly value: Buffer;
}

/** How the value of one key is written, and how it is in the wire (RFC 9460 sections 7 and 8). */
interface Codec {
  readonly name: string;
  readonly allowed: string;
  /** undefined when the text is no such value. Duplicates and order are for `decode` to judge. */
  readonly encode: (text: string) => Buffer | undefined;
  /** undefined when the octets are no such value; '' when there is nothing to write. */
  readonly decode: (value: Buffer) => string | undefined;
}

const KEY = { mandatory: 0, alpn: 1, noDefaultAlpn: 2 } as const;
/** Registered as `Invalid key` (RFC 9460 section 14.3.2). */
const MAX_KEY = 0xfffe;

const CODECS: readonly Codec[] = [
  { name: 'mandatory', allowed: 'other keys, each once', encode: encodeKeys, decode: decodeKeys },
  { name: 'alpn', allowed: 'protocol names of 1 to 255 octets', encode: encodeProtocols, decode: decodeProtocols },
  {
    name: 'no-default-alpn',
    allowed: 'no value',
    encode: (text) => Buffer.from(text, 'latin1'),
    decode: (value) => (value.length === 0 ? '' : undefined),
  },
  { name: 'port', allowed: '0 to 65535', encode: encodePort, decode: decodePort },
  addressesCodec('ipv4hint', 4, isIPv4),
  {
    name: 'ech',
    allowed: 'base64',
    encode: (text) =>
      /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, 'base64') : undefined,
    decode: (value) => (value.length === 0 ? undefined : value.toString('base64')),
  },
  addressesCodec('ipv6hint', 16, isPlainIPv6),
];

/** The parameters of SVCB and HTTPS records, in any order and sorted by key in the wire (RFC 9460 section 2). */
export const serviceParametersField: RestField = {
  takes: 'rest',
  name: '[key=value...]',
  least: 0,
  encode: encodeParameters,
  decode: decodeParameters,
};

function encodeParameters(words: readonly Word[]): Parsed<Buffer> {
  const parameters: Parameter[] = [];
  for (const word of words) {
    const parameter = encodeParameter(word);
    if (parameter.kind === 'fault') return parameter;
    parameters.push(parameter.value);
  }
  parameters.sort((left, right) => left.key - right.key);
  const problem = findProblem(parameters);
  if (problem !== undefined) return fault(words[0]?.line ?? 0, problem);
  return read(Buffer.concat(parameters.flatMap(({ key, value }) => [twoOctets(key), twoOctets(value.length), value])));
}

function encodeParameter(word: Word): Parsed<Parameter> {
  const split = word.text.indexOf('=');
  const name = split === -1 ? word.text : word.text.slice(0, split);
  const key = keyOf(name);
  if (key === undefined) {
    return fault(
      word.line,
      `found the key ${shown(name)}; allowed: ${CODECS.map((codec) => codec.name).join(', ')}, keyNNNNN`,
    );
  }
  const text = parseText({ ...word, text: split === -1 ? '' : word.text.slice(split + 1) });
  if (text.kind === 'fault') return text;
  const codec = name === CODECS[key]?.name ? CODECS[key] : undefined;
  const value = codec === undefined ? text.value : codec.encode(text.value.toString('latin1'));
  if (value !== undefined && value.length <= 0xffff) return read({ key, value });
  return fault(
    word.line,
    `found ${shown(word.text)}; allowed as the value of ${name}: ${codec?.allowed ?? '65535 octets'}`,
  );
}

function decodeParameters(data: Buffer, start: number): string | undefined {
  const parameters: Parameter[] = [];
  for (let at = start; at < data.length; ) {
    const end = at + 4 > data.length ? Number.POSITIVE_INFINITY : at + 4 + data.readUInt16BE(at + 2);
    if (end > data.length) return undefined;
    parameters.push({ key: data.readUInt16BE(at), value: data.subarray(at + 4, end) });
    at = end;
  }
  return findProblem(parameters) === undefined ? parameters.map(formatParameter).join(' ') : undefined;
}

function formatParameter({ key, value }: Parameter): string {
  const codec = CODECS[key];
  const text = codec === undefined ? formatText(value) : codec.decode(value);
  const empty = text === '' || value.length === 0;
  return empty ? keyName(key) : `${keyName(key)}=${text}`;
}

/** What is wrong with parameters in the order of the wire (RFC 9460 sections 2.2, 7.1.1 and 8). */
function findProblem(parameters: readonly Parameter[]): string | undefined {
  const keys = new Set(parameters.map(({ key }) => key));
  for (const [index, { key, value }] of parameters.entries()) {
    const before = parameters[index - 1]?.key ?? -1;
    if (key === before) return `found the key ${keyName(key)} twice; allowed: once`;
    if (key < before || key > MAX_KEY) return `found the key ${keyName(key)} out of order; allowed: ascending keys`;
    const codec = CODECS[key];
    if (codec !== undefined && codec.decode(value) === undefined) {
      return `found a wrong value of ${codec.name}; allowed: ${codec.allowed}`;
    }
  }
  return findMissingKey(parameters, keys);
}

function findMissingKey(parameters: readonly Parameter[], keys: ReadonlySet<number>): string | undefined {
  const mandatory = parameters.filter(({ key }) => key === KEY.mandatory).flatMap(({ value }) => keysIn(value));
  const missing = mandatory.find((key) => !keys.has(key));
  if (missing !== undefined) return `found ${keyName(missing)} among the mandatory keys, but not among the keys`;
  if (keys.has(KEY.noDefaultAlpn) && !keys.has(KEY.alpn)) return 'found no-default-alpn without alpn; allowed: both';
  return undefined;
}

function keyOf(name: string): number | undefined {
  const known = CODECS.findIndex((codec) => codec.name === name);
  if (known !== -1) return known;
  const key = /^key(?:0|[1-9][0-9]{0,4})$/.test(name) ? Number(name.slice(3)) : undefined;
  return key !== undefined && key <= MAX_KEY ? key : undefined;
}

function keyName(key: number): string {
  return CODECS[key]?.name ?? `key${key}`;
}

function encodeKeys(text: string): Buffer | undefined {
  const keys = text.split(',').map(keyOf);
  const known = keys.filter((key) => key !== undefined).sort((left, right) => left - right);
  return known.length === keys.length ? Buffer.concat(known.map(twoOctets)) : undefined;
}

function decodeKeys(value: Buffer): string | undefined {
  const keys = keysIn(value);
  const ascending = keys.every((key, index) => key > (keys[index - 1] ?? KEY.mandatory));
  return ascending && keys.length > 0 && value.length % 2 === 0 ? keys.map(keyName).join(',') : undefined;
}

function keysIn(value: Buffer): readonly number[] {
  return Array.from({ length: value.length >> 1 }, (_value, index) => value.readUInt16BE(index * 2));
}

/** A list whose items may have `\,` and `\\` in them (RFC 9460 appendix A.1). */
function encodeProtocols(text: string): Buffer | undefined {
  // Lifted by 256 an escaped comma is none; `latin1` encoding takes the lower octet again.
  const lifted = text.replaceAll(/\\([,\\])/g, (_escape, sign: string) =>
    String.fromCharCode(0x100 + sign.charCodeAt(0)),
  );
  const items = lifted.split(',').map((item) => Buffer.from(item, 'latin1'));
  if (lifted.includes('\\') || items.some(({ length }) => length === 0 || length > 0xff)) return undefined;
  return Buffer.concat(items.flatMap((item) => [Buffer.of(item.length), item]));
}

function decodeProtocols(value: Buffer): string | undefined {
  const items: string[] = [];
  for (let at = 0; at < value.length; at += 1 + (value[at] ?? 0)) {
    const length = value[at] ?? 0;
    if (length === 0 || at + 1 + length > value.length) return undefined;
    items.push(value.toString('latin1', at + 1, at + 1 + length).replaceAll(/[,\\]/g, '\\$&'));
  }
  return items.length === 0 ? undefined : formatText(Buffer.from(items.join(','), 'latin1'));
}

function encodePort(text: string): Buffer | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return port <= 0xffff ? twoOctets(port) : undefined;
}

function decodePort(value: Buffer): string | undefined {
  return value.length === 2 ? value.readUInt16BE(0).toString() : undefined;
}

function addressesCodec(name: string, octets: 4 | 16, isAddress: (text: string) => boolean): Codec {
  return {
    name,
    allowed: octets === 4 ? 'IPv4 addresses with commas' : 'IPv6 addresses with commas',
    encode: (text) => {
      const addresses = text.split(',');
      return addresses.every(isAddress) ? Buffer.concat(addresses.map(encodeAddress)) : undefined;
    },
    decode: (value) => {
      const count = value.length / octets;
      if (count === 0 || !Number.isInteger(count)) return undefined;
      return Array.from({ length: count }, (_value, index) => decodeAddress(value, index * octets, octets)?.text).join(
        ',',
      );
    },
  };
}

function twoOctets(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
