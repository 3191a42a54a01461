import { parseAddress } from '../../lib/address.ts';
import type { NameServer, ZoneSettings } from '../../planes/dns/zone/zone.ts';
import type { ZoneConfig } from '../dns-config.ts';

/** The name servers of a zone: those of the settings, else `ns1.<zone>` at the address that the server listens on. */
export function nameServersOf({ name, nameServers }: ZoneConfig, listen: readonly string[]): readonly NameServer[] {
  if (nameServers !== undefined) return nameServers;
  const addresses = listen
    .flatMap((text) => parseAddress(text)?.host ?? [])
    .filter((host) => host !== '0.0.0.0' && host !== '::');
  return [{ name: `ns1.${name}`, addresses: [...new Set(addresses)].slice(0, 1) }];
}

/** What is fixed about a zone, with defaults filled in. */
export function zoneSettings(zone: ZoneConfig, listen: readonly string[]): ZoneSettings {
  const { name, mailbox = `hostmaster.${name}`, negativeTtlSeconds } = zone;
  return { name, mailbox, negativeTtlSeconds, nameServers: nameServersOf(zone, listen) };
}
