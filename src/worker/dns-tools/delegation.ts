import ipaddr from 'ipaddr.js';
import { formatOctets } from '../../lib/address.ts';
import { dsLine } from '../../planes/dns/dnssec/ds.ts';
import type { FlatRecord } from '../../planes/dns/wire/flat-record.ts';
import { nameKey } from '../../planes/dns/wire/names.ts';
import { formatRecord } from '../../planes/dns/zone-file/format-record.ts';
import { formatName } from '../../planes/dns/zone-file/text.ts';
import type { Config } from '../config.ts';
import { type ParentRecords, parentRecords, type Signing } from './parent-records.ts';

/** What `sluice dns delegation` prints. Throws ConfigError. */
export async function delegation(config: Config): Promise<string> {
  return (await parentRecords(config)).map(delegationText).join('\n');
}

/** The records that the zone above needs, in master-file form (RFC 1035 section 5), with what to do with them. */
export function delegationText(records: ParentRecords): string {
  const { zone, outer, nameServers, glue, signing } = records;
  if (outer !== undefined) return innerText(zone, outer, signing);
  const lines = [
    `; ${zone}: put these records into the zone above it (${parentOf(zone)}), or give them to its registrar`,
    ...nameServers.map(formatRecord),
    ...(glue.length === 0 ? [] : ['; glue: the addresses of name servers inside the zone', ...glue.map(formatRecord)]),
    ...warnings(records),
    ...signingLines(zone, signing),
  ];
  return `${lines.join('\n')}\n`;
}

/** Of a zone inside another one that is served here too: the servers of the outer one answer for it without NS records. */
function innerText(zone: string, outer: string, signing: Signing): string {
  const first =
    signing.kind === 'signed'
      ? `; ${zone}: needs no NS records in ${outer}, which is served here too. Put the DS into its zone file when both are signed`
      : `; ${zone}: needs nothing in ${outer}, which is served here too`;
  return `${[first, ...signingLines(zone, signing)].join('\n')}\n`;
}

function parentOf(zone: string): string {
  const dot = zone.indexOf('.');
  return dot === -1 ? 'the root' : zone.slice(dot + 1);
}

function signingLines(zone: string, signing: Signing): readonly string[] {
  switch (signing.kind) {
    case 'unsigned':
      return ['; no DS: the zone is not signed (it has no keysDirectory)'];
    case 'keyMissing':
      return [`; no DS: there is no key in ${signing.keysDirectory}; make one with: sluice dns keygen ${zone}`];
    case 'signed':
      return [
        '; DS: add it last, when every name server answers signed; take it out first, before signing is turned off',
        ...signing.keys.map(dsLine),
      ];
    default:
      return signing satisfies never;
  }
}

function warnings({ zone, nameServers, glue }: ParentRecords): readonly string[] {
  const missing = nameServers
    .map(({ data }) => data)
    .filter((name) => isBelow(formatName(name), zone) && !glue.some(({ owner }) => keyOf(owner) === keyOf(name)))
    .map((name) => {
      const advice = 'give it one in zones[].nameServers, or in the zone file';
      return `; warning: ${formatName(name)} has no address, so nobody can find it: ${advice}`;
    });
  return [...missing, ...glue.flatMap(unreachable)];
}

function isBelow(name: string, zone: string): boolean {
  const lower = name.toLowerCase();
  return lower === `${zone}.` || lower.endsWith(`.${zone}.`);
}

function keyOf(name: Buffer): string {
  return nameKey(name, 0, name.length);
}

function unreachable({ data }: FlatRecord): readonly string[] {
  const text = formatOctets(data);
  const range = ipaddr.parse(text).range();
  if (range === 'unicast') return [];
  const kind = RANGES[range] ?? 'special';
  return [
    `; warning: ${text} is a ${kind} address, which resolvers elsewhere cannot reach: set public ones in zones[].nameServers`,
  ];
}

/** As ipaddr.js calls them, and as people do. */
const RANGES: Readonly<Record<string, string>> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  linkLocal: 'link-local',
  carrierGradeNat: 'carrier-internal',
  reserved: 'reserved',
};
