import { formatOctets } from '../../lib/address.ts';

/** Who a question comes from, as far as answers may depend on it. */
export interface Client {
  readonly family: 4 | 6;
  /** 4 or 16 octets of the resolver's address, or of the subnet that it asks for (RFC 7871). */
  readonly octets: Uint8Array;
  /** Leading bits of `octets` that are known. */
  readonly bits: number;
}

/** The network that is known of a client, such as `192.0.2.0/24`. */
export function formatNetwork({ octets, bits }: Client): string {
  return `${formatOctets(octets)}/${bits}`;
}
