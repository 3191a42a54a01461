import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Address, parseAddress } from '../../lib/address.ts';
import { ConfigError } from '../config.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The addresses to bind. `0.0.0.0` and `[::]` stand for every address that this machine has now: a socket bound to the
 * wildcard itself would answer from whatever address the way back has, and clients take only the one they asked.
 */
export function listenAddresses(
  texts: readonly string[],
  interfaces: Interfaces = networkInterfaces(),
): readonly Address[] {
  const all = texts.flatMap((text) => {
    const address = requireAddress(text);
    return isWildcard(address.host) ? ownAddresses(address, interfaces) : [address];
  });
  return [...new Map(all.map((address) => [`${address.host} ${address.port}`, address])).values()];
}

function ownAddresses({ host, port }: Address, interfaces: Interfaces): readonly Address[] {
  const family = isIP(host) === 6 ? 'IPv6' : 'IPv4';
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    // Link-local addresses mean nothing without an interface, and nobody is delegated to one.
    .filter((one) => one.family === family && !(one.family === 'IPv6' && one.scopeid !== 0));
  return own.map(({ address }) => ({ host: address, port }));
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function requireAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new ConfigError(
    `"${text}" is no address for the DNS server; allowed: an IP address and a port, such as 127.0.0.1:5300`,
  );
}
