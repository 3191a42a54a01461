import type { SigningKey } from '../../planes/dns/dnssec/signing-key.ts';
import { TYPE } from '../../planes/dns/wire/constants.ts';
import type { FlatRecord } from '../../planes/dns/wire/flat-record.ts';
import { nameKey } from '../../planes/dns/wire/names.ts';
import { staticRecords } from '../../planes/dns/zone/compile-static.ts';
import { makeZones } from '../../planes/dns/zone/zone.ts';
import { parseZoneFile } from '../../planes/dns/zone-file/parse-zone-file.ts';
import { type Config, ConfigError } from '../config.ts';
import { zoneSettings } from '../dns/name-servers.ts';
import { ZoneFiles } from '../dns/zone-files.ts';
import type { ZoneConfig } from '../dns-config.ts';
import { asSettings, keysOf } from './zones.ts';

/** What the zone above needs to have of a zone. */
export interface ParentRecords {
  readonly zone: string;
  /** The zone of the settings that this one is inside of, if any: its servers answer for both, so it needs no NS there. */
  readonly outer: string | undefined;
  readonly nameServers: readonly FlatRecord[];
  /** Addresses of those that are in the zone themselves: without them nobody could get there (RFC 1034 section 4.2.1). */
  readonly glue: readonly FlatRecord[];
  readonly signing: Signing;
}

export type Signing =
  | { readonly kind: 'unsigned' }
  /** There is to be a key in the folder, and there is none. */
  | { readonly kind: 'keyMissing'; readonly keysDirectory: string }
  | { readonly kind: 'signed'; readonly keys: readonly SigningKey[] };

/** What the zones above need, for every zone of the settings. Throws ConfigError for a file that cannot be used. */
export async function parentRecords({ zones, dns }: Config): Promise<readonly ParentRecords[]> {
  const files = await asSettings(() => ZoneFiles.open(zones));
  const texts = files.texts();
  return Promise.all(
    zones.map(async (zone) => ({
      zone: zone.name,
      outer: outerOf(zone.name, zones),
      ...delegationOf(zone, { listen: dns.listen, text: texts[zone.name] }),
      signing: await signingOf(zone),
    })),
  );
}

/** The innermost of those around it. */
function outerOf(name: string, zones: readonly ZoneConfig[]): string | undefined {
  const around = zones.map((zone) => zone.name).filter((one) => name.endsWith(`.${one}`));
  return around.sort((a, b) => b.length - a.length)[0];
}

interface Served {
  readonly listen: readonly string[];
  /** Of the zone file. */
  readonly text: string | undefined;
}

/** What the server itself answers for the apex and for its name servers. */
function delegationOf(config: ZoneConfig, { listen, text }: Served) {
  const [zone] = makeZones([zoneSettings(config, listen)], {});
  if (zone === undefined) throw new ConfigError(`${config.name} is no name of a zone`);
  const records = staticRecords(zone, fileRecords(config, text));
  const keyOf = ({ owner }: Pick<FlatRecord, 'owner'>) => nameKey(owner, 0, owner.length);
  const nameServers = records.filter((record) => record.type === TYPE.NS && keyOf(record) === zone.key);
  // All records are in the zone, so those of name servers outside of it are not among them.
  const named = new Set(nameServers.map(({ data }) => keyOf({ owner: data })));
  const isAddress = ({ type }: FlatRecord) => type === TYPE.A || type === TYPE.AAAA;
  return { nameServers, glue: records.filter((record) => isAddress(record) && named.has(keyOf(record))) };
}

function fileRecords({ name, file = '' }: ZoneConfig, text: string | undefined): readonly FlatRecord[] {
  const parsed = text === undefined ? undefined : parseZoneFile(text, { zone: name, file });
  return parsed?.kind === 'valid' ? parsed.zone.records : [];
}

async function signingOf({ name, keysDirectory }: ZoneConfig): Promise<Signing> {
  if (keysDirectory === undefined) return { kind: 'unsigned' };
  const keys = await keysOf(keysDirectory, name);
  return keys.length === 0 ? { kind: 'keyMissing', keysDirectory } : { kind: 'signed', keys };
}
