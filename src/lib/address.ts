import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An IP address with a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `127.0.0.1:5300` or `[::1]:5300`; undefined for anything else. Names are not addresses. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const family = match?.[1] === undefined ? 4 : 6;
  if (isIP(host) !== family || port > 65_535) return undefined;
  return { host, port };
}

/** The written form of an address, as `parseAddress` reads it. */
export function formatAddress({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether an address that `parseAddress` reads is loopback: another one on each machine. */
export function isLoopback(text: string): boolean {
  return addressRange(text) === 'loopback';
}

/** Which kind of address it is (RFC 6890), as ipaddr.js calls it; undefined for what is none. */
export function addressRange(text: string): string | undefined {
  const host = parseAddress(text)?.host;
  // `process` turns ::ffff:127.0.0.1 into the IPv4 address that it is.
  return host === undefined ? undefined : ipaddr.process(host).range();
}

/** The written form of 4 or 16 octets. */
export function formatOctets(octets: Uint8Array): string {
  return ipaddr.fromByteArray([...octets]).toString();
}
