import type { Word } from './entries.ts';
import { encodeHex, type Field } from './fields.ts';
import { fault, type Parsed, read, shown } from './parsed.ts';
import { fieldsOf, typeText } from './record-types.ts';
import { serviceParametersField } from './service-parameters.ts';

/** What a record's data is read against. */
interface DataOptions {
  readonly type: number;
  readonly origin: Buffer;
  /** Of the record, for faults that no word has. */
  readonly line: number;
}

const MAX_DATA = 0xffff;

/** Reads the words of a record behind its type, in the type's own form or in that of RFC 3597. */
export function encodeData(words: readonly Word[], options: DataOptions): Parsed<Buffer> {
  const generic = words[0]?.text === '\\#' && words[0].quotes === 'none';
  const data = generic ? encodeGeneric(words.slice(1), options) : encodeFields(words, options);
  if (data.kind === 'fault' || data.value.length <= MAX_DATA) return data;
  return fault(options.line, `found ${data.value.length} octets of data; allowed: ${MAX_DATA}`);
}

/** The written form of a record's data; that of RFC 3597 section 5 when the data is not what its type has. */
export function formatData(type: number, data: Buffer): string {
  const fields = fieldsOf(type);
  const text = fields === undefined ? undefined : decodeFields(fields, data);
  return text ?? `\\# ${data.length} ${data.toString('hex').toUpperCase()}`.trimEnd();
}

function encodeFields(words: readonly Word[], { type, origin, line }: DataOptions): Parsed<Buffer> {
  const fields = fieldsOf(type);
  if (fields === undefined) {
    return fault(line, `the data of ${typeText(type)} has no written form here; write it as \\# LENGTH HEXADECIMAL`);
  }
  const count = countFault(words, { fields, type, line });
  if (count !== undefined) return count;
  const quoted = words.find(({ quotes }) => quotes === 'value');
  if (quoted !== undefined && !fields.includes(serviceParametersField)) {
    return fault(quoted.line, `found a quotation mark inside ${shown(quoted.text)}; write \\" or a blank before it`);
  }
  const parts: Buffer[] = [];
  for (const [index, field] of fields.entries()) {
    const part = encodeField(field, words.slice(index), origin);
    if (part.kind === 'fault') return part;
    parts.push(part.value);
  }
  return read(Buffer.concat(parts));
}

function encodeField(field: Field, words: readonly Word[], origin: Buffer): Parsed<Buffer> {
  if (field.takes === 'rest') return field.encode(words);
  const [word] = words;
  return word === undefined ? read(Buffer.alloc(0)) : field.encode(word, origin);
}

interface CountOptions {
  readonly fields: readonly Field[];
  readonly type: number;
  readonly line: number;
}

function countFault(words: readonly Word[], { fields, type, line }: CountOptions) {
  const last = fields.at(-1);
  const least = last?.takes === 'rest' ? fields.length - 1 + last.least : fields.length;
  const most = last?.takes === 'rest' ? Number.POSITIVE_INFINITY : fields.length;
  if (words.length >= least && words.length <= most) return undefined;
  const form = fields.map(({ name }) => name).join(' ');
  const found = shown(words.map(({ text }) => text).join(' '));
  return fault(line, `found ${found} as the data of ${typeText(type)}; allowed: ${form}`);
}

function encodeGeneric(words: readonly Word[], { type, line }: DataOptions): Parsed<Buffer> {
  const length = /^[0-9]{1,5}$/.test(words[0]?.text ?? '') ? Number(words[0]?.text) : Number.NaN;
  const data = encodeHex(words.slice(1), 'data');
  if (data.kind === 'fault') return data;
  if (data.value.length !== length) {
    const found = `found ${shown(words[0]?.text ?? '')} as the length of ${data.value.length} octets`;
    return fault(line, `${found}; allowed: \\# LENGTH HEXADECIMAL, with the length in octets`);
  }
  const fields = fieldsOf(type);
  if (fields === undefined || decodeFields(fields, data.value) !== undefined) return data;
  return fault(
    line,
    `found data that is none of ${typeText(type)}; see what its fields are, and that no name is compressed`,
  );
}

/** undefined when the data is not what the fields say, to the last octet. */
function decodeFields(fields: readonly Field[], data: Buffer): string | undefined {
  const texts: string[] = [];
  let at = 0;
  for (const field of fields) {
    const part = decodeField(field, data, at);
    if (part === undefined) return undefined;
    texts.push(part.text);
    at = part.end;
  }
  return at === data.length ? texts.filter((text) => text !== '').join(' ') : undefined;
}

function decodeField(field: Field, data: Buffer, start: number) {
  if (field.takes === 'word') return field.decode(data, start);
  const text = field.decode(data, start);
  return text === undefined ? undefined : { text, end: data.length };
}
