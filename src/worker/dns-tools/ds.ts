import { dsLine } from '../../planes/dns/dnssec/ds.ts';
import type { Config } from '../config.ts';
import type { ZoneConfig } from '../dns-config.ts';
import { keysOf, requireZone } from './zones.ts';

export type DsOutcome =
  | { readonly kind: 'printed'; readonly text: string }
  | { readonly kind: 'none'; readonly message: string };

/** DS lines of one zone of the settings, or of all that are signed. Throws ConfigError. */
export async function ds(config: Config, zone?: string): Promise<DsOutcome> {
  const zones = zone === undefined ? config.zones : [requireZone(config, zone)];
  const keys = await Promise.all(
    zones.map(async ({ name, keysDirectory }) => (keysDirectory === undefined ? [] : keysOf(keysDirectory, name))),
  );
  const lines = keys.flat().map((key) => `${dsLine(key)}\n`);
  if (lines.length > 0) return { kind: 'printed', text: lines.join('') };
  const subject = zone === undefined ? 'no zone has a key' : `the zone ${zones[0]?.name ?? zone} has no key`;
  return { kind: 'none', message: `${subject} to be signed with; ${adviceFor(zones)}` };
}

/** For the zone that is to be signed already, if there is one. */
function adviceFor(zones: readonly ZoneConfig[]): string {
  const awaiting = zones.find(({ keysDirectory }) => keysDirectory !== undefined);
  if (awaiting !== undefined) return `make one with: sluice dns keygen ${awaiting.name}`;
  return `set its keysDirectory, then run: sluice dns keygen ${zones[0]?.name ?? 'ZONE'}`;
}
