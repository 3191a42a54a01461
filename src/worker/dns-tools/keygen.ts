import { join, resolve } from 'node:path';
import { dsLine } from '../../planes/dns/dnssec/ds.ts';
import { keyFileName, saveKey } from '../../planes/dns/dnssec/key-files.ts';
import { generateKey, type SigningKey } from '../../planes/dns/dnssec/signing-key.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { asSettings, canonical, keysOf, requireZone } from './zones.ts';

export interface KeygenOptions {
  readonly zone: string;
  readonly configPath: string;
  /** Instead of the zone's keysDirectory; then no settings are read. */
  readonly directory?: string | undefined;
}

/** Two keys of a zone have the same tag once in 65,536 times; then another one is made. */
const ATTEMPTS = 5;

/**
 * Makes a signing key, and says what to do next. The first one of a zone signs at once. A further one only stands beside
 * it: it may not sign before the zone above knows it. Throws ConfigError.
 */
export async function keygen({ zone, configPath, directory }: KeygenOptions): Promise<string> {
  const name = canonical(zone);
  const folder = directory === undefined ? keysDirectoryOf(name, configPath) : resolve(directory);
  const before = await keysOf(folder, name);
  const key = await asSettings(() => makeKey(folder, name, before.length === 0 ? 'active' : 'published'));
  const files = join(folder, keyFileName(key));
  const lines = [`${files}.key`, `${files}.private`, '', ...nextSteps(key, before)];
  return `${lines.join('\n')}\n`;
}

function keysDirectoryOf(name: string, configPath: string): string {
  const { keysDirectory } = requireZone(loadConfig(configPath), name);
  if (keysDirectory !== undefined) return keysDirectory;
  throw new ConfigError(
    `the zone ${name} has no keysDirectory; set it (zones[].keysDirectory), or name a folder with --directory`,
  );
}

async function makeKey(folder: string, zone: string, state: SigningKey['state']): Promise<SigningKey> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const key = generateKey(zone, state);
    if ((await saveKey(folder, key)) === 'created') return key;
  }
  throw new Error(`${folder} has keys with all ${ATTEMPTS} tags that were tried: run it again`);
}

function nextSteps(key: SigningKey, before: readonly SigningKey[]): readonly string[] {
  const [current] = before;
  if (current === undefined) {
    return [
      `Next, in this order, so that ${key.zone} can be resolved at every moment:`,
      '1. Let every DNS server of the zone have these files in its keysDirectory, and start it again.',
      `2. See that it answers signed: dig +dnssec SOA ${key.zone} has an RRSIG.`,
      '3. Only then publish the DS in the zone above:',
      `   ${dsLine(key)}`,
    ];
  }
  return [
    `The key ${current.keyTag} goes on signing ${key.zone}. To roll over to ${key.keyTag}, in this order:`,
    '1. Let every DNS server have these files in its keysDirectory; it takes them in when it starts, or within a day.',
    '2. Publish this DS in the zone above, beside the one that is there:',
    `   ${dsLine(key)}`,
    '3. When the TTLs of the old DS and DNSKEY have passed: dnssec-settime -A now on the .key file, and as in 1.',
    `4. When the TTLs have passed once more: take the DS of ${current.keyTag} out, then remove its two files.`,
  ];
}
