import ipaddr from 'ipaddr.js';
import type { Address } from '../../../lib/address.ts';
import type { TsigKey } from './keys.ts';

/** Another server that serves a zone of ours. */
export interface Secondary {
  /** NOTIFY goes there; requests may come from any port of it. */
  readonly address: Address;
  /** Signs what goes to and fro. Without one the address is all there is to tell who asks. */
  readonly key?: TsigKey | undefined;
}

export interface TransferClient {
  /** An IP address without its port. */
  readonly address: string;
  /** The key that the request was signed with, verified. */
  readonly key?: TsigKey | undefined;
}

/** Whether a client may have the zone: it is listed, and has signed with the key of its entry where that names one. */
export function mayTransfer(client: TransferClient, secondaries: readonly Secondary[]): boolean {
  return secondaries.some(
    ({ address, key }) =>
      isSameAddress(client.address, address.host) && (key === undefined || client.key?.wireName.equals(key.wireName)),
  );
}

/** Whether two texts are the same IP address, an IPv4 one in IPv6 clothes included; false when one is no address. */
export function isSameAddress(left: string, right: string): boolean {
  if (!ipaddr.isValid(left) || !ipaddr.isValid(right)) return false;
  const [one, other] = [left, right].map((text) => ipaddr.process(text).toByteArray().join('.'));
  return one === other;
}
