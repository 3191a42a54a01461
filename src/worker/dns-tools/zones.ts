import { loadKeys } from '../../planes/dns/dnssec/key-files.ts';
import type { SigningKey } from '../../planes/dns/dnssec/signing-key.ts';
import { type Config, ConfigError } from '../config.ts';
import type { ZoneConfig } from '../dns-config.ts';

/** The zone of the settings that has this name. Throws ConfigError when there is none. */
export function requireZone({ zones }: Pick<Config, 'zones'>, name: string): ZoneConfig {
  const wanted = canonical(name);
  const zone = zones.find((one) => one.name === wanted);
  if (zone !== undefined) return zone;
  const known = zones.map((one) => one.name).join(', ');
  throw new ConfigError(`the settings have no zone ${wanted}; they have ${known}`);
}

/** Lower-case and without the dot at the end, as settings have names. */
export function canonical(name: string): string {
  return name.replace(/\.$/, '').toLowerCase();
}

/** The keys of a zone in use, the one that signs first. Throws ConfigError for files that cannot be used. */
export async function keysOf(directory: string, zone: string): Promise<readonly SigningKey[]> {
  return asSettings(() => loadKeys(directory, zone));
}

/** What reading a file of the settings throws is a ConfigError; `setting` goes before what names no file. */
export async function asSettings<T>(read: () => Promise<T>, setting?: string): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(setting === undefined ? message : `${setting}: ${message}`, { cause: error });
  }
}
