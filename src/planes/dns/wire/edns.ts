import { COMPACT_OK, DNSSEC_OK, OPTION } from './constants.ts';

/** The OPT record of a query (RFC 6891 section 6.1), with the options that this server knows. */
export interface Edns {
  readonly version: number;
  /** The largest UDP answer that the client can take, octets, as it says. */
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly compactOk: boolean;
  /** Asks which server it is (RFC 5001). */
  readonly nsid: boolean;
  /** Asks how long a TCP connection may be idle (RFC 7828). */
  readonly keepalive: boolean;
  /** Client cookie, with a server cookie behind it or alone (RFC 7873 section 4). */
  readonly cookie: Buffer | undefined;
  readonly subnet: ClientSubnet | undefined;
}

/** Whose behalf a resolver asks on (RFC 7871 section 6). */
export interface ClientSubnet {
  readonly family: 4 | 6;
  /** Leading bits that are given; 0 when the client does not want to be told apart. */
  readonly sourceBits: number;
  /** 4 or 16 octets, zero behind the given bits. */
  readonly octets: Uint8Array;
  /** The option's content as it came, to be echoed but for the scope. */
  readonly raw: Buffer;
}

/** A client cookie alone, or with a server cookie of 8 to 32 octets. */
const CLIENT_COOKIE = 8;
const LEAST_FULL_COOKIE = 16;
const MOST_FULL_COOKIE = 40;

/**
 * Reads an OPT record whose data lies from `start` to `end`; undefined when an option does not fit it, or says
 * something that its RFC calls malformed.
 */
export function readEdns(message: Buffer, start: number, end: number): Edns | undefined {
  // Class holds the size, TTL holds extended rcode, version and flags (RFC 6891 section 6.1.3).
  const flags = message.readUInt16BE(start - 4);
  const options = start === end ? NO_OPTIONS : readOptions(message, start, end);
  if (options === undefined) return undefined;
  return {
    version: message.readUInt8(start - 5),
    udpSize: message.readUInt16BE(start - 8),
    dnssecOk: (flags & DNSSEC_OK) !== 0,
    compactOk: (flags & COMPACT_OK) !== 0,
    nsid: options.nsid,
    keepalive: options.keepalive,
    cookie: options.cookie,
    subnet: options.subnet,
  };
}

interface Options {
  nsid: boolean;
  keepalive: boolean;
  cookie: Buffer | undefined;
  subnet: ClientSubnet | undefined;
}

const NO_OPTIONS: Readonly<Options> = { nsid: false, keepalive: false, cookie: undefined, subnet: undefined };

/** Unknown options are left alone; of those that come twice the last one counts. */
function readOptions(message: Buffer, start: number, end: number): Options | undefined {
  const options = { ...NO_OPTIONS };
  let at = start;
  while (at + 4 <= end) {
    const code = message.readUInt16BE(at);
    const from = at + 4;
    at = from + message.readUInt16BE(at + 2);
    if (at > end || !readOption(options, code, message.subarray(from, at))) return undefined;
  }
  return at === end ? options : undefined;
}

/** False for an option that must be answered FORMERR. */
function readOption(options: Options, code: number, data: Buffer): boolean {
  switch (code) {
    case OPTION.nsid:
      options.nsid = true;
      return true;
    case OPTION.tcpKeepalive:
      options.keepalive = true;
      return true;
    case OPTION.cookie:
      options.cookie = data;
      return isCookieLength(data.length);
    case OPTION.clientSubnet:
      return readSubnet(options, data);
    default:
      return true;
  }
}

function isCookieLength(length: number): boolean {
  return length === CLIENT_COOKIE || (length >= LEAST_FULL_COOKIE && length <= MOST_FULL_COOKIE);
}

/**
 * A query has scope 0, as many octets as the prefix needs and no more, and zeros behind it; anything else is FORMERR
 * (RFC 7871 section 7.1.2). Families that are not known are ignored.
 */
function readSubnet(options: Options, data: Buffer): boolean {
  if (data.length < 4) return false;
  const number = data.readUInt16BE(0);
  if (number !== 1 && number !== 2) return true;
  const family = number === 1 ? 4 : 6;
  const sourceBits = data.readUInt8(2);
  const scope = data.readUInt8(3);
  const size = family === 4 ? 4 : 16;
  if (scope !== 0 || sourceBits > size * 8 || data.length !== 4 + Math.ceil(sourceBits / 8)) return false;
  const spare = (8 - (sourceBits % 8)) % 8;
  if (spare > 0 && (data.readUInt8(data.length - 1) & ((1 << spare) - 1)) !== 0) return false;
  const octets = new Uint8Array(size);
  octets.set(data.subarray(4));
  options.subnet = { family, sourceBits, octets, raw: data };
  return true;
}
