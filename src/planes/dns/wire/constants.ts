/** Numbers of the DNS protocol: RFC 1035 section 4.1 unless said otherwise. */

export const HEADER_SIZE = 12;

/** Bits of the third octet of the header. */
export const FLAG = {
  response: 0x80,
  opcode: 0x78,
  authoritative: 0x04,
  truncated: 0x02,
  recursionDesired: 0x01,
} as const;

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  /** RFC 6891 section 9; its upper bits travel in the OPT record. */
  BADVERS: 16,
} as const;

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CDS: 59,
  CDNSKEY: 60,
  ZONEMD: 63,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  /** RFC 9824: only in type bitmaps, says that the name is not there. */
  NXNAME: 128,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

export const CLASS_IN = 1;

/** RFC 1035 section 2.3.4, octets. */
export const MAX_LABEL = 63;
export const MAX_NAME = 255;

/** A name of a response that points to the name of the question, which begins right behind the header (section 4.1.4). */
export const QUESTION_POINTER = 0xc000 | HEADER_SIZE;

/** UDP without EDNS (section 4.2.1), and the least that EDNS may say (RFC 6891 section 6.2.3), octets. */
export const UDP_FLOOR = 512;
/** Fits the IPv6 minimum MTU, so it is never fragmented (RFC 9715 section 3.1), octets. */
export const UDP_CAP = 1_232;
/** The length before a TCP message has two octets (RFC 1035 section 4.2.2). */
export const TCP_CAP = 65_535;

/** Name, type, class, TTL and length of an OPT record without options (RFC 6891 section 6.1.2), octets. */
export const OPT_SIZE = 11;
/** The DO bit, in the TTL field of the OPT record (RFC 3225). */
export const DNSSEC_OK = 0x8000;
/** The CO bit beside it: the client understands NXDOMAIN with compact denial (RFC 9824 section 5.1). */
export const COMPACT_OK = 0x4000;

/** EDNS option codes. */
export const OPTION = {
  /** RFC 5001. */
  nsid: 3,
  /** RFC 7871. */
  clientSubnet: 8,
  /** RFC 7873. */
  cookie: 10,
  /** RFC 7828. */
  tcpKeepalive: 11,
  /** RFC 8914. */
  extendedError: 15,
} as const;

/** Info codes of extended errors (RFC 8914 section 4; 30 is RFC 9824 section 3.5). */
export const EXTENDED_ERROR = {
  notReady: 14,
  prohibited: 18,
  notAuthoritative: 20,
  notSupported: 21,
  invalidQueryType: 30,
} as const;

const typeNames = new Map<number, string>(Object.entries(TYPE).map(([name, value]) => [value, name]));
const rcodeNames = new Map<number, string>(Object.entries(RCODE).map(([name, value]) => [value, name]));

/** The mnemonic of a type; `other` for all that this server has no use for, so that strangers cannot make up labels. */
export function typeName(type: number): string {
  return typeNames.get(type) ?? 'other';
}

export function rcodeName(rcode: number): string {
  return rcodeNames.get(rcode) ?? 'other';
}
