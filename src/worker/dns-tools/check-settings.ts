import { open, readFile } from 'node:fs/promises';
import { loadCookieSecrets } from '../../planes/dns/limits/cookie-secrets.ts';
import { regionTable } from '../../planes/dns/regions.ts';
import { readTsigKey } from '../../planes/dns/transfer/keys.ts';
import { type Config, ConfigError } from '../config.ts';
import { ZoneFiles } from '../dns/zone-files.ts';
import type { DnsConfig, ZoneConfig } from '../dns-config.ts';
import { asSettings, keysOf } from './zones.ts';

/**
 * Tries every file that the settings of the DNS server name, so that a wrong one is told as what it is, before anything
 * is started. Throws ConfigError.
 */
export async function checkDnsSettings({ zones, dns }: Config): Promise<void> {
  await asSettings(() => ZoneFiles.open(zones));
  for (const zone of zones) await requireKeys(zone);
  await asSettings(() => Promise.all(dns.keys.map(readTsigKey)));
  const { secretsFile } = dns.cookies;
  if (secretsFile !== undefined) await asSettings(() => loadCookieSecrets(secretsFile), 'dns.cookies.secretsFile');
  await asSettings(() => readRegions(dns), 'dns.geoFile');
  const { queryLog } = dns;
  if (queryLog !== undefined) await asSettings(() => requireWritable(queryLog.file), 'dns.queryLog.file');
}

/** A server whose log cannot be written would answer as well, and say nothing of it. As the log itself opens it. */
async function requireWritable(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  await handle.close();
}

async function readRegions({ geoFile, regions }: DnsConfig): Promise<void> {
  const file = geoFile && { ...geoFile, content: await readFile(geoFile.path) };
  try {
    regionTable({ networks: regions, file });
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${geoFile?.path ?? 'dns.regions'} is no MaxMind file: ${detail}`, { cause });
  }
}

async function requireKeys({ name, keysDirectory }: ZoneConfig): Promise<void> {
  if (keysDirectory === undefined || (await keysOf(keysDirectory, name)).length > 0) return;
  throw new ConfigError(
    `${keysDirectory} has no key of the zone ${name}; \`sluice dns keygen ${name}\` makes one, ` +
      'or leave keysDirectory out to serve the zone unsigned',
  );
}
