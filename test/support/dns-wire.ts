/** DNS messages built octet by octet, without the code under test. */

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3PARAM: 51,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const;

/** EDNS options (RFC 6891 section 9). */
export const OPTION = { NSID: 3, ECS: 8, EXPIRE: 9, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const;

/** Bits of a message's second 16-bit word. */
export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  Z: 0x0040,
  AD: 0x0020,
  CD: 0x0010,
} as const;

/** The DNSSEC OK bit among the flags of an OPT record (RFC 3225). */
export const DNSSEC_OK = 0x8000;

export const HEADER_OCTETS = 12;

/** One label per array entry, so that a label can hold any octet. */
export function wireName(labels: readonly (string | Buffer)[]): Buffer {
  const parts = labels.flatMap((label) => [Buffer.of(label.length), octetsOf(label)]);
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/** The wire form of a name as it is written, dots between labels; the root is the empty text. */
export function nameOctets(text: string): Buffer {
  return wireName(text === '' ? [] : text.split('.'));
}

export interface QueryOptions {
  readonly id?: number;
  readonly flags?: number;
  readonly type?: number;
  readonly class?: number;
  /** Questions, answers, authorities, additionals; what is really there when absent. */
  readonly counts?: readonly number[];
  readonly tail?: Buffer;
  readonly additionals?: readonly Buffer[];
}

/** A query in wire form; RD is set unless `flags` says otherwise, as stub resolvers do. */
export function aQuery(name: string | Buffer, options: QueryOptions = {}): Buffer {
  const { additionals = [], tail = Buffer.alloc(0), counts = [1, 0, 0, additionals.length] } = options;
  const question = Buffer.concat([
    typeof name === 'string' ? nameOctets(name) : name,
    words(options.type ?? TYPE.A, options.class ?? 1),
  ]);
  return Buffer.concat([aHeader({ ...options, counts }), question, ...additionals, tail]);
}

/** The 12 octets that every message begins with. */
export function aHeader({ id = 0x1234, flags = FLAG.RD, counts = [0, 0, 0, 0] }: QueryOptions = {}): Buffer {
  return words(id, flags, ...counts);
}

export interface OptOptions {
  readonly size?: number;
  readonly version?: number;
  readonly flags?: number;
  readonly owner?: Buffer;
  /** What is written as the length of the options; the true one when absent. */
  readonly dataLength?: number;
  readonly options?: Buffer;
}

/** An OPT record (RFC 6891 section 6.1.2). */
export function anOpt(options: OptOptions = {}): Buffer {
  const { size = 1_232, version = 0, flags = 0, owner = Buffer.of(0), options: data = Buffer.alloc(0) } = options;
  return Buffer.concat([owner, words(TYPE.OPT, size, version, flags, options.dataLength ?? data.length), data]);
}

/** One EDNS option; several are put behind one another. */
export function anOption(code: number, data: Buffer | string = ''): Buffer {
  const octets = typeof data === 'string' ? Buffer.from(data, 'hex') : data;
  return Buffer.concat([words(code, octets.length), octets]);
}

/** A resource record (RFC 1035 section 4.1.3) of class IN. */
export function aRecord(
  owner: string,
  record: { readonly type: number; readonly ttl?: number; readonly data: Buffer },
): Buffer {
  const { type, ttl = 0, data } = record;
  return Buffer.concat([nameOctets(owner), words(type, 1, ttl >>> 16, ttl & 0xffff, data.length), data]);
}

/** 16-bit numbers in network order. */
export function words(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => octets.writeUInt16BE(value, index * 2));
  return octets;
}

/** A message as it goes over TCP, its length in front (RFC 1035 section 4.2.2). */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([words(message.length), message]);
}

function octetsOf(label: string | Buffer): Buffer {
  return typeof label === 'string' ? Buffer.from(label, 'latin1') : label;
}
