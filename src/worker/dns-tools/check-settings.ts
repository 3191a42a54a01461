import { readFile } from 'node:fs/promises';
import { loadCookieSecrets } from '../../planes/dns/limits/cookie-secrets.ts';
import { regionTable } from '../../planes/dns/regions.ts';
import { readTsigKey } from '../../planes/dns/transfer/keys.ts';
import { type Config, ConfigError } from '../config.ts';
import { ZoneFiles } from '../dns/zone-files.ts';
import type { ZoneConfig } from '../dns-config.ts';
import { asSettings, keysOf } from './zones.ts';

/**
 * Reads every file that the settings of the DNS server name, so that a wrong one is told as what it is, before anything
 * is started. Throws ConfigError.
 */
export async function checkDnsSettings({ zones, dns }: Config): Promise<void> {
  await asSettings(async () => {
    await readZoneFiles(zones);
    for (const zone of zones) await requireKeys(zone);
    await Promise.all(dns.keys.map(readTsigKey));
    if (dns.cookies.secretsFile !== undefined) await loadCookieSecrets(dns.cookies.secretsFile);
    const { geoFile, regions } = dns;
    const file = geoFile && { content: await readFile(geoFile.path), regions: geoFile.regions };
    regionTable({ networks: regions, file });
  });
}

/** Text of the zone files, by zone. Throws for a file that is missing or wrong. */
export async function readZoneFiles(zones: readonly ZoneConfig[]): Promise<Readonly<Record<string, string>>> {
  const files = await ZoneFiles.open({ zones, onChange: () => undefined, onError: () => undefined });
  await files.stop();
  return files.texts();
}

async function requireKeys({ name, keysDirectory }: ZoneConfig): Promise<void> {
  if (keysDirectory === undefined || (await keysOf(keysDirectory, name)).length > 0) return;
  throw new ConfigError(
    `${keysDirectory} has no key of the zone ${name}; \`sluice dns keygen ${name}\` makes one, ` +
      'or leave keysDirectory out to serve the zone unsigned',
  );
}
