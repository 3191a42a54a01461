import { dsLine } from '../../planes/dns/dnssec/ds.ts';
import type { Config } from '../config.ts';
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
  const [first] = zones;
  const subject = zone === undefined ? 'no zone has' : `the zone ${first?.name ?? zone} has no`;
  const advice = `set its keysDirectory, then run: sluice dns keygen ${first?.name ?? 'ZONE'}`;
  return { kind: 'none', message: `${subject} ${zone === undefined ? 'a key' : 'key'} to be signed with; ${advice}` };
}
