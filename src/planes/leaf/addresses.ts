import ipaddr from 'ipaddr.js';
import { listAt, textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import type { Reach } from './kinds/kind.ts';

/** What a load balancer of an Ingress or Service has in `status.loadBalancer`. */
export function loadBalancerReach(object: AnyObject): Reach {
  const entries = listAt(object, 'status', 'loadBalancer', 'ingress');
  return reachOf([...textsAt(entries, 'ip').filter(isAddress), ...textsAt(entries, 'hostname')]);
}

/** Addresses and hostnames told apart: some controllers write an address where a name belongs. */
export function reachOf(texts: readonly string[]): Reach {
  return {
    addresses: sorted(texts.filter(isAddress)),
    hostnames: sorted(texts.filter((text) => !isAddress(text))),
  };
}

export function isNowhere({ addresses, hostnames }: Reach): boolean {
  return addresses.length + hostnames.length === 0;
}

export function isAddress(text: string): boolean {
  return ipaddr.isValid(text);
}

export function sorted(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort();
}

/** A text field of each entry that has one. */
export function textsAt(entries: readonly unknown[], field: string): readonly string[] {
  return entries.flatMap((entry) => textAt(entry, field) || []);
}
