import { parseAddress } from '../../lib/address.ts';
import type { TsigKey } from '../../planes/dns/transfer/keys.ts';
import type { Secondary } from '../../planes/dns/transfer/policy.ts';
import type { ZoneConfig } from '../dns-config.ts';

/** The secondaries of each zone that has some, with their keys. */
export function secondariesByZone(
  zones: readonly ZoneConfig[],
  keys: readonly TsigKey[],
): ReadonlyMap<string, readonly Secondary[]> {
  const named = zones.filter(({ secondaries }) => secondaries.length > 0);
  return new Map(named.map(({ name, secondaries }) => [name, secondaries.flatMap((one) => secondary(one, keys))]));
}

function secondary(
  { address, key }: ZoneConfig['secondaries'][number],
  keys: readonly TsigKey[],
): readonly Secondary[] {
  const parsed = parseAddress(address);
  // The settings were checked for both.
  return parsed === undefined ? [] : [{ address: parsed, key: keys.find(({ name }) => name === key) }];
}
