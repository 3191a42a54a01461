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
