import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { type NameKey, nameKey, parentKey } from '../wire/names.ts';
import type { Entry, Word } from './entries.ts';
import { type Fault, fault, type Parsed, read, shown } from './parsed.ts';
import { encodeData } from './record-data.ts';
import { refusalOf, typeCode, typeText, WRITABLE_TYPES } from './record-types.ts';
import { parseSeconds } from './seconds.ts';
import { formatName, parseName } from './text.ts';

/** A record, and where it stands in the file. */
export interface LocatedRecord {
  readonly record: FlatRecord;
  /** Of its owner. */
  readonly key: NameKey;
  readonly line: number;
}

/** What stands before the data of a record (RFC 1035 section 5.1). */
interface Head {
  readonly ttlSeconds: number | undefined;
  readonly type: number;
  /** The words behind the type. */
  readonly values: readonly Word[];
}

interface Owner {
  readonly wire: Buffer;
  readonly key: NameKey;
}

/** Reads entries one after the other, since each may lean on those before it. */
export class ZoneReader {
  readonly #file: string;
  readonly #apex: Buffer;
  readonly #apexKey: NameKey;
  #origin: Buffer;
  #owner: Owner | undefined;
  /** By $TTL (RFC 2308 section 4). */
  #defaultTtlSeconds: number | undefined;
  /** The minimum of the SOA. */
  #minimumSeconds: number | undefined;
  #lastTtlSeconds: number | undefined;

  constructor(apex: Buffer, file: string) {
    this.#file = file;
    this.#apex = apex;
    this.#apexKey = nameKey(apex, 0, apex.length);
    this.#origin = apex;
  }

  /** The record of an entry; undefined for a directive. */
  read(entry: Entry): Parsed<LocatedRecord | undefined> {
    const [first, ...rest] = entry.words;
    if (first === undefined) return read(undefined);
    if (entry.indented) return this.#readRecord(entry.words, entry.line);
    if (first.quotes === 'none' && first.text.startsWith('$')) return this.#readDirective(first, rest);
    const owner = this.#readOwner(first);
    if (owner.kind === 'fault') return owner;
    this.#owner = owner.value;
    return this.#readRecord(rest, entry.line);
  }

  #readDirective(directive: Word, values: readonly Word[]): Parsed<undefined> {
    const name = directive.text.toUpperCase();
    const refused = `${shown(directive.text)} is not supported`;
    if (name === '$INCLUDE') {
      return fault(directive.line, `${refused}; put what it would include into ${this.#file} itself`);
    }
    if (name === '$GENERATE') return fault(directive.line, `${refused}; write each record out`);
    if (name !== '$ORIGIN' && name !== '$TTL') return fault(directive.line, `${refused}; allowed: $ORIGIN, $TTL`);
    const [value, second] = values;
    if (value === undefined || second !== undefined) {
      return fault(
        directive.line,
        `found ${shown(values.map(({ text }) => text).join(' '))} after ${name}; allowed: one value`,
      );
    }
    return name === '$TTL' ? this.#setDefaultTtl(value) : this.#setOrigin(value);
  }

  #setDefaultTtl(value: Word): Parsed<undefined> {
    const seconds = parseSeconds(value, 'TTL');
    if (seconds.kind === 'fault') return seconds;
    this.#defaultTtlSeconds = seconds.value;
    return read(undefined);
  }

  #setOrigin(value: Word): Parsed<undefined> {
    const name = parseName(value, this.#origin);
    if (name.kind === 'fault') return name;
    this.#origin = name.value;
    return read(undefined);
  }

  #readOwner(word: Word): Parsed<Owner> {
    const name = parseName(word, this.#origin);
    if (name.kind === 'fault') return name;
    return read({ wire: name.value, key: nameKey(name.value, 0, name.value.length) });
  }

  #readRecord(words: readonly Word[], line: number): Parsed<LocatedRecord> {
    const owner = this.#owner;
    if (owner === undefined)
      return fault(line, 'found a record without an owner, and none before it; write its name first');
    const head = readHead(words, line);
    if (head.kind === 'fault') return head;
    if (!isWithin(owner.key, this.#apexKey)) {
      const found = `found ${formatName(owner.wire)}, which is outside the zone ${formatName(this.#apex)}`;
      return fault(line, `${found}; only names that end in a dot are taken as they are`);
    }
    const { type, values } = head.value;
    const data = encodeData(values, { type, origin: this.#origin, line });
    if (data.kind === 'fault') return data;
    if (type === TYPE.SOA) this.#minimumSeconds ??= data.value.readUInt32BE(data.value.length - 4);
    const ttlSeconds = this.#ttlOf(head.value.ttlSeconds);
    if (ttlSeconds === undefined) {
      return fault(line, 'found no TTL in this record, and none before it to take; write $TTL at the top of the file');
    }
    return read({ record: { owner: owner.wire, type, ttlSeconds, data: data.value }, key: owner.key, line });
  }

  #ttlOf(explicit: number | undefined): number | undefined {
    this.#lastTtlSeconds = explicit ?? this.#lastTtlSeconds;
    return explicit ?? this.#defaultTtlSeconds ?? this.#minimumSeconds ?? this.#lastTtlSeconds;
  }
}

/** Reads `[TTL] [class] type`, where TTL and class may change places. */
function readHead(words: readonly Word[], line: number): Parsed<Head> {
  let ttlSeconds: number | undefined;
  let classed = false;
  for (const [index, word] of words.entries()) {
    if (ttlSeconds === undefined && /^[0-9]/.test(word.text)) {
      const seconds = parseSeconds(word, 'TTL');
      if (seconds.kind === 'fault') return seconds;
      ttlSeconds = seconds.value;
    } else if (!classed && /^(?:IN|CH|HS|CS|CLASS[0-9]+)$/i.test(word.text)) {
      if (!/^(?:IN|CLASS1)$/i.test(word.text)) {
        return fault(word.line, `found ${shown(word.text)} as the class; allowed: IN`);
      }
      classed = true;
    } else {
      const type = readType(word);
      return type.kind === 'fault' ? type : read({ ttlSeconds, type: type.value, values: words.slice(index + 1) });
    }
  }
  return fault(line, 'found no type in this record; allowed: [owner] [TTL] [IN] type data');
}

function readType(word: Word): Parsed<number> | Fault {
  const type = typeCode(word.text);
  if (type === undefined) {
    return fault(
      word.line,
      `found ${shown(word.text)} as the type; allowed: ${WRITABLE_TYPES}, or TYPEn with \\# as data`,
    );
  }
  const refusal = refusalOf(type);
  return refusal === undefined ? read(type) : fault(word.line, `${typeText(type)} ${refusal}`);
}

function isWithin(key: NameKey, apex: NameKey): boolean {
  let ancestor: NameKey | undefined = key;
  while (ancestor !== undefined && ancestor.length > apex.length) ancestor = parentKey(ancestor);
  return ancestor === apex;
}
