import { FLAG, HEADER_OCTETS, TYPE } from './dns-wire.ts';

/** A response, read strictly: whatever a careful resolver could take offence at is an error that says what and where. */
export interface Message {
  readonly octets: Buffer;
  readonly id: number;
  readonly flags: number;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  /** With the upper bits that an OPT record adds (RFC 6891 section 6.1.3). */
  readonly rcode: number;
  /** As it stands in the message, letter case included. */
  readonly question: Question | undefined;
  readonly answers: readonly Record[];
  readonly authorities: readonly Record[];
  /** Without the OPT record. */
  readonly additionals: readonly Record[];
  readonly opt: Opt | undefined;
}

export interface Question {
  readonly octets: Buffer;
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface Record {
  /** In lower case, without a dot at the end; octets other than letters, digits, `-`, `_` and `*` as `\DDD`. */
  readonly owner: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
  /** The data in words: addresses, names and numbers; hexadecimal for types that this reader has no words for. */
  readonly text: string;
}

export interface Opt {
  readonly size: number;
  readonly version: number;
  readonly flags: number;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

const MAX_NAME_OCTETS = 255;
const MAX_TTL = 0x7fff_ffff;

/** Reads a response or throws. */
export function readMessage(octets: Buffer): Message {
  if (octets.length < HEADER_OCTETS) throw new Error(`a message of ${octets.length} octets has no whole header`);
  const flags = octets.readUInt16BE(2);
  if ((flags & FLAG.QR) === 0) throw new Error('QR is clear: this is no response');
  const reader = new Reader(octets, HEADER_OCTETS);
  const questionCount = octets.readUInt16BE(4);
  if (questionCount > 1) throw new Error(`${questionCount} questions in a response (RFC 9619)`);
  const question = questionCount === 1 ? reader.question() : undefined;
  const answers = reader.records(octets.readUInt16BE(6));
  const authorities = reader.records(octets.readUInt16BE(8));
  const additionals = reader.records(octets.readUInt16BE(10));
  if (reader.at !== octets.length) throw new Error(`${octets.length - reader.at} octets behind the last record`);
  const opt = optOf({ answers, authorities, additionals });
  for (const section of [answers, authorities, additionals]) checkSets(section);
  return {
    octets,
    id: octets.readUInt16BE(0),
    flags,
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & FLAG.AA) !== 0,
    truncated: (flags & FLAG.TC) !== 0,
    rcode: (flags & 0xf) | ((opt?.extendedRcode ?? 0) << 4),
    question,
    answers,
    authorities,
    additionals: additionals.filter(({ type }) => type !== TYPE.OPT),
    opt: opt?.opt,
  };
}

type Sections = Pick<Message, 'answers' | 'authorities' | 'additionals'>;

/** RFC 6891 section 6.1.1: at most one, in the additional section, owned by the root. */
function optOf({ answers, authorities, additionals }: Sections): { opt: Opt; extendedRcode: number } | undefined {
  if ([...answers, ...authorities].some(({ type }) => type === TYPE.OPT)) throw new Error('OPT outside the additionals');
  const [found, second] = additionals.filter(({ type }) => type === TYPE.OPT);
  if (second !== undefined) throw new Error('two OPT records in a response');
  if (found === undefined) return undefined;
  if (found.owner !== '') throw new Error(`OPT is owned by "${found.owner}", not by the root`);
  const opt = {
    size: found.class,
    version: (found.ttl >>> 16) & 0xff,
    flags: found.ttl & 0xffff,
    options: optionsOf(found.data),
  };
  return { opt, extendedRcode: found.ttl >>> 24 };
}

function optionsOf(data: Buffer): Opt['options'] {
  const options = [];
  for (let at = 0; at < data.length; ) {
    if (at + 4 > data.length) throw new Error('an EDNS option without a whole head');
    const end = at + 4 + data.readUInt16BE(at + 2);
    if (end > data.length) throw new Error('an EDNS option that runs past its record');
    options.push({ code: data.readUInt16BE(at), data: data.subarray(at + 4, end) });
    at = end;
  }
  return options;
}

/** RFC 2181 section 5: no record twice, one TTL within an RRset. */
function checkSets(records: readonly Record[]): void {
  const seen = new Set<string>();
  const ttls = new Map<string, number>();
  for (const { owner, type, class: klass, ttl, data } of records) {
    if (type === TYPE.OPT) continue;
    const set = `${owner} ${klass} ${type}`;
    const whole = `${set} ${data.toString('hex')}`;
    if (seen.has(whole)) throw new Error(`the record ${whole} is there twice`);
    seen.add(whole);
    if (ttl > MAX_TTL) throw new Error(`the TTL ${ttl} has its highest bit set (RFC 2181 section 8)`);
    const first = ttls.get(set) ?? ttl;
    if (first !== ttl) throw new Error(`the RRset ${set} has the TTLs ${first} and ${ttl}`);
    ttls.set(set, ttl);
  }
}

class Reader {
  readonly #octets: Buffer;
  at: number;

  constructor(octets: Buffer, at: number) {
    this.#octets = octets;
    this.at = at;
  }

  question(): Question {
    const start = this.at;
    // Nothing stands before it that it could point to.
    const name = this.name({ pointers: false });
    const type = this.word();
    const klass = this.word();
    return { octets: this.#octets.subarray(start, this.at), name, type, class: klass };
  }

  records(count: number): readonly Record[] {
    return Array.from({ length: count }, () => this.#record());
  }

  word(): number {
    this.#need(2);
    this.at += 2;
    return this.#octets.readUInt16BE(this.at - 2);
  }

  /** RFC 1035 section 4.1.4: pointers lead to an earlier place in the message, so no name is without end. */
  name({ pointers = true } = {}): string {
    const labels: string[] = [];
    let length = 1;
    let end: number | undefined;
    let limit = this.at;
    for (;;) {
      this.#need(1);
      const head = this.#octets.readUInt8(this.at);
      if (head >= 0xc0 && pointers) {
        const target = this.word() & 0x3fff;
        end ??= this.at;
        if (target < HEADER_OCTETS || target >= limit) throw new Error(`a pointer at ${this.at - 2} leads to ${target}`);
        limit = target;
        this.at = target;
        continue;
      }
      if (head > 63) throw new Error(`label type 0x${head.toString(16)} at ${this.at}`);
      this.#need(1 + head);
      if (head > 0) labels.push(escaped(this.#octets.subarray(this.at + 1, this.at + 1 + head)));
      this.at += 1 + head;
      length += head === 0 ? 0 : 1 + head;
      if (length > MAX_NAME_OCTETS) throw new Error(`a name of over ${MAX_NAME_OCTETS} octets`);
      if (head === 0) break;
    }
    this.at = end ?? this.at;
    return labels.join('.');
  }

  #record(): Record {
    const owner = this.name().toLowerCase();
    const [type, klass] = [this.word(), this.word()];
    const ttl = this.word() * 0x1_0000 + this.word();
    const length = this.word();
    this.#need(length);
    const start = this.at;
    const data = this.#octets.subarray(start, start + length);
    const text = this.#text(type, data);
    // Names in the data end exactly where the data ends.
    if (this.at !== start && this.at !== start + length) throw new Error(`the data of ${owner} ${type} has a wrong length`);
    this.at = start + length;
    return { owner, type, class: klass, ttl, data, text };
  }

  #text(type: number, data: Buffer): string {
    switch (type) {
      case TYPE.A:
        if (data.length !== 4) throw new Error(`an A record of ${data.length} octets`);
        return [...data].join('.');
      case TYPE.AAAA:
        if (data.length !== 16) throw new Error(`an AAAA record of ${data.length} octets`);
        return data.toString('hex').replaceAll(/.{4}(?!$)/g, '$&:');
      case TYPE.NS:
      case TYPE.CNAME:
        return this.name().toLowerCase();
      case TYPE.MX:
        return `${this.word()} ${this.name().toLowerCase()}`;
      case TYPE.SRV:
        return `${this.word()} ${this.word()} ${this.word()} ${this.name({ pointers: false }).toLowerCase()}`;
      case TYPE.SOA:
        return [this.name(), this.name(), ...Array.from({ length: 5 }, () => this.#long())].join(' ').toLowerCase();
      case TYPE.TXT:
      case TYPE.HINFO:
        return stringsOf(data).join(' ');
      default:
        return data.toString('hex');
    }
  }

  #long(): number {
    return this.word() * 0x1_0000 + this.word();
  }

  #need(count: number): void {
    if (this.at + count > this.#octets.length) throw new Error(`the message ends at ${this.#octets.length}, inside something`);
  }
}

function stringsOf(data: Buffer): readonly string[] {
  const strings = [];
  for (let at = 0; at < data.length; at += 1 + data.readUInt8(at)) {
    const end = at + 1 + data.readUInt8(at);
    if (end > data.length) throw new Error('a character string that runs past its record');
    strings.push(JSON.stringify(data.toString('latin1', at + 1, end)));
  }
  return strings;
}

function escaped(label: Buffer): string {
  return [...label]
    .map((octet) => {
      const text = String.fromCharCode(octet);
      return /[-\w*]/.test(text) ? text : `\\${String(octet).padStart(3, '0')}`;
    })
    .join('');
}
