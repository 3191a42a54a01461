import { hostname } from 'node:os';
import { type Address, formatAddress } from '../../lib/address.ts';

/**
 * What a DNS server is called in the hub: two of one machine have two addresses, and a successor has the name of the one
 * that it follows.
 */
export function instanceName(first: Address | undefined): string {
  return first === undefined ? hostname() : `${hostname()}/${formatAddress(first)}`;
}
