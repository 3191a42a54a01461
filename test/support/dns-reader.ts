import { HEADER_OCTETS, TYPE } from './dns-wire.ts';

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

const MAX_NAME_OCTETS = 255;

/** Reads a message from one place on; every step checks that it stays inside. */
export class Reader {
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
    for (let limit = this.at; ; ) {
      const head = this.#octet();
      if (head === 0) break;
      if (head >= 0xc0 && pointers) {
        limit = this.#pointer(limit);
        end ??= this.at + 1;
        this.at = limit;
      } else {
        labels.push(this.#label(head));
        length += 1 + head;
      }
    }
    if (length > MAX_NAME_OCTETS) throw new Error(`a name of ${length} octets`);
    this.at = end ?? this.at;
    return labels.join('.');
  }

  /** Where the pointer whose first octet was just read leads: before `limit`. */
  #pointer(limit: number): number {
    this.#need(1);
    const target = this.#octets.readUInt16BE(this.at - 1) & 0x3fff;
    if (target < HEADER_OCTETS || target >= limit) throw new Error(`a pointer at ${this.at - 1} leads to ${target}`);
    return target;
  }

  #label(length: number): string {
    if (length > 63) throw new Error(`label type 0x${length.toString(16)} at ${this.at - 1}`);
    this.#need(length);
    this.at += length;
    return escaped(this.#octets.subarray(this.at - length, this.at));
  }

  #octet(): number {
    this.#need(1);
    this.at += 1;
    return this.#octets.readUInt8(this.at - 1);
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
    if (this.at !== start && this.at !== start + length)
      throw new Error(`the data of ${owner} ${type} has a wrong length`);
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
    if (this.at + count > this.#octets.length)
      throw new Error(`the message ends at ${this.#octets.length}, inside something`);
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
