import type { ClientAddress } from './address-octets.ts';

/** Bits before the IPv4 address in an IPv6 one that holds it. */
const MAPPED_BITS = 96;

/**
 * Reads `192.0.2.0/24` or `2001:db8::/32` into `network` and returns the length of the prefix; an address alone is a
 * network of one. Throws a RangeError that names what is wrong. So are bits behind the prefix: they are a slip in one
 * of the two.
 */
export function readCidr(text: string, network: ClientAddress): number {
  const slash = text.indexOf('/');
  const written = slash === -1 ? text : text.slice(0, slash);
  if (written.includes('%') || !network.parse(written)) {
    throw wrong(text, 'is none; allowed: an address with or without a length, such as 192.0.2.0/24 or 2001:db8::/32');
  }
  const bits = network.octets.length * 8;
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24.
  const unmapped = network.family === 4 && written.includes(':') ? MAPPED_BITS : 0;
  const prefixLength = slash === -1 ? bits : readLength(text.slice(slash + 1)) - unmapped;
  // NaN is in no range.
  if (!(prefixLength >= 0 && prefixLength <= bits)) {
    throw wrong(text, `has a wrong prefix length; allowed here: ${unmapped} to ${unmapped + bits}`);
  }
  if (hasBitsBehind(network.octets, prefixLength)) {
    throw wrong(text, `has bits set behind its prefix; clear them, or make the prefix longer`);
  }
  return prefixLength;
}

function readLength(text: string): number {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number(text) : Number.NaN;
}

function hasBitsBehind(octets: Uint8Array, prefixLength: number): boolean {
  for (let index = prefixLength >> 3; index < octets.length; index += 1) {
    const kept = Math.max(0, prefixLength - index * 8);
    if (((octets[index] ?? 0) & (0xff >> kept)) !== 0) return true;
  }
  return false;
}

function wrong(text: string, message: string): RangeError {
  return new RangeError(`the network ${JSON.stringify(text)} ${message}`);
}
