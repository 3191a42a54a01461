import { type Question, Reader, type Record } from './dns-reader.ts';
import { FLAG, HEADER_OCTETS, TYPE } from './dns-wire.ts';

export type { Question, Record };

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

export interface Opt {
  readonly size: number;
  readonly version: number;
  readonly flags: number;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

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
  if ([...answers, ...authorities].some(({ type }) => type === TYPE.OPT))
    throw new Error('OPT outside the additionals');
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
    // Each RRSIG has the TTL of the set that it covers (RFC 4034 section 3).
    const covered = type === TYPE.RRSIG ? ` ${data.readUInt16BE(0)}` : '';
    const set = `${owner} ${klass} ${type}${covered}`;
    const whole = `${set} ${data.toString('hex')}`;
    if (seen.has(whole)) throw new Error(`the record ${whole} is there twice`);
    seen.add(whole);
    if (ttl > MAX_TTL) throw new Error(`the TTL ${ttl} has its highest bit set (RFC 2181 section 8)`);
    const first = ttls.get(set) ?? ttl;
    if (first !== ttl) throw new Error(`the RRset ${set} has the TTLs ${first} and ${ttl}`);
    ttls.set(set, ttl);
  }
}
