import ipaddr from 'ipaddr.js';

/** Ranges that no gateway of a cluster is in, unless its configuration says so. */
const NEVER_PUBLIC = ['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast'];

/**
 * Whether traffic may be sent to an address that a cluster names. A cluster must not be able to point Sluice, or the
 * clients that it answers, at addresses that are not its own.
 */
export function isAllowedAddress(address: string, cidrs: readonly string[]): boolean {
  // `process` turns ::ffff:127.0.0.1 into the IPv4 address that it is.
  const parsed = ipaddr.process(address);
  if (cidrs.length === 0) return !NEVER_PUBLIC.includes(parsed.range());
  return cidrs.some((cidr) => {
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}
