/**
 * A place for the address of whoever asks, filled anew for each query without allocating. An IPv4 address in IPv6
 * clothes (::ffff:192.0.2.1, RFC 4291 section 2.5.5.2) is an IPv4 address; a zone such as %eth0 is left out.
 */
export class ClientAddress {
  readonly #ipv4 = new Uint8Array(4);
  readonly #ipv6 = new Uint8Array(16);
  #family: 4 | 6 = 4;

  get family(): 4 | 6 {
    return this.#family;
  }

  /** Length of the whole address. */
  get bits(): 32 | 128 {
    return this.#family === 4 ? 32 : 128;
  }

  /** Four octets or 16, most significant first. They change with the next `parse`. */
  get octets(): Uint8Array {
    return this.#family === 4 ? this.#ipv4 : this.#ipv6;
  }

  /** False when the text is no address; family and octets then mean nothing. */
  parse(text: string): boolean {
    this.#family = 4;
    if (parseIpv4(text, 0, this.#ipv4)) return true;
    if (!parseIpv6(text, this.#ipv6)) return false;
    if (isMapped(this.#ipv6)) this.#ipv4.set(this.#ipv6.subarray(12));
    else this.#family = 6;
    return true;
  }
}

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_A = 0x61;
const LETTER_F = 0x66;
/** Set in a lower-case letter, clear in an upper-case one. */
const LOWER_CASE = 0x20;

/** Reads four decimal numbers from `start` to the end of the text. */
function parseIpv4(text: string, start: number, octets: Uint8Array): boolean {
  let count = 0;
  let octet = 0;
  let digits = 0;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || count === 3) return false;
      octets[count] = octet;
      count += 1;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    // A leading zero means octal to some.
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return false;
    octet = octet * 10 + digit;
    digits += 1;
    if (octet > 255) return false;
  }
  if (digits === 0 || count !== 3) return false;
  octets[3] = octet;
  return true;
}

/** Reads groups of 16 bits, one `::` for a run of zeros, an IPv4 address in place of the last two (RFC 4291 section 2.2). */
function parseIpv6(zoned: string, octets: Uint8Array): boolean {
  const text = withoutZone(zoned);
  let filled = 0;
  let gap: number | undefined;
  let index = 0;
  while (index < text.length) {
    if (gap === undefined && isGap(text, index)) {
      gap = filled;
      index += 2;
      continue;
    }
    // Groups stand apart by a colon; behind the gap there is one already.
    if (filled > 0 && filled !== gap) {
      if (text.charCodeAt(index) !== COLON) return false;
      index += 1;
    }
    if (filled === 16) return false;
    const end = groupEnd(text, index);
    if (end === undefined) return false;
    if (codeAt(text, end) === DOT) {
      if (filled > 12 || !parseIpv4(text, index, octets.subarray(filled))) return false;
      filled += 4;
      break;
    }
    const group = groupValue(text, index, end);
    octets[filled] = group >> 8;
    octets[filled + 1] = group;
    filled += 2;
    index = end;
  }
  return spread(octets, filled, gap);
}

function isGap(text: string, index: number): boolean {
  return codeAt(text, index) === COLON && codeAt(text, index + 1) === COLON;
}

function withoutZone(text: string): string {
  const zone = text.indexOf('%');
  return zone === -1 ? text : text.slice(0, zone);
}

/** Offset behind one to four hexadecimal digits. */
function groupEnd(text: string, start: number): number | undefined {
  let index = start;
  while (isHexadecimal(codeAt(text, index))) index += 1;
  return index === start || index > start + 4 ? undefined : index;
}

function isHexadecimal(code: number): boolean {
  const letter = code | LOWER_CASE;
  return (code >= ZERO && code <= NINE) || (letter >= LETTER_A && letter <= LETTER_F);
}

function groupValue(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    value = value * 16 + (code <= NINE ? code - ZERO : (code | LOWER_CASE) - LETTER_A + 10);
  }
  return value;
}

/** 0 behind the end, where asking the text itself is slow. */
function codeAt(text: string, index: number): number {
  return index < text.length ? text.charCodeAt(index) : 0;
}

/** Moves what came behind the gap to the end; the gap stands for two octets at least. */
function spread(octets: Uint8Array, filled: number, gap: number | undefined): boolean {
  if (gap === undefined) return filled === 16;
  const zeros = 16 - filled;
  if (zeros < 2) return false;
  for (let index = 15; index >= gap; index -= 1) {
    octets[index] = index - zeros < gap ? 0 : (octets[index - zeros] ?? 0);
  }
  return true;
}

/** Whether the address is one of ::ffff:0:0/96. */
function isMapped(octets: Uint8Array): boolean {
  if (octets[10] !== 0xff || octets[11] !== 0xff) return false;
  for (let index = 0; index < 10; index += 1) if (octets[index] !== 0) return false;
  return true;
}
