import ipaddr from 'ipaddr.js';
import type { Ingress } from '../../lib/kubernetes/objects.ts';

/** Where an ingress controller says that a leaf can be reached. Cloud load balancers give names, others addresses. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly hostnames: readonly string[];
}

export function reachOf({ status }: Ingress): Reach {
  const entries = status?.loadBalancer?.ingress ?? [];
  const addresses = entries.flatMap(({ ip }) => (ip && ipaddr.isValid(ip) ? [ip] : []));
  // Some controllers write an address into the hostname.
  const names = entries.flatMap(({ hostname }) => (hostname ? [hostname] : []));
  return {
    addresses: sorted([...addresses, ...names.filter((name) => ipaddr.isValid(name))]),
    hostnames: sorted(names.filter((name) => !ipaddr.isValid(name))),
  };
}

export function sorted(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort();
}

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
