import { type CityResponse, type CountryResponse, Reader } from 'mmdb-lib';
import { formatOctets } from '../../lib/address.ts';
import type { Client } from './client.ts';
import { type NetworkMatch, NetworkTable } from './limits/networks.ts';

/** Which region of the settings a client is in. */
export interface RegionTable {
  lookup(client: Client): RegionMatch;
}

export interface RegionMatch {
  readonly region: string | undefined;
  /** All addresses that share this many leading bits are in the same region (RFC 7871 section 7.2.1). */
  readonly prefixLength: number;
}

export interface RegionSources {
  /** CIDRs by region. They win over the file. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  /** A MaxMind file of countries or cities, with the region of each country (`DE`) or continent (`EU`). */
  readonly file?: { readonly content: Buffer; readonly regions: Readonly<Record<string, string>> } | undefined;
}

/** For servers whose settings know no regions. */
export const NO_REGIONS: RegionTable = { lookup: () => ({ region: undefined, prefixLength: 0 }) };

/** Throws for a CIDR that is none, and for a file that is no MaxMind file. */
export function regionTable({ networks, file }: RegionSources): RegionTable {
  const entries = Object.entries(networks).flatMap(([region, cidrs]) => cidrs.map((cidr) => [cidr, region] as const));
  if (entries.length === 0 && file === undefined) return NO_REGIONS;
  const table = NetworkTable.parse(entries);
  const geography = file === undefined ? NO_REGIONS : new Geography(file.content, file.regions);
  return {
    lookup(client) {
      const match = lookUp(table, client);
      if (match.value !== undefined) return { region: match.value, prefixLength: match.prefixLength };
      const found = geography.lookup(client);
      return { region: found.region, prefixLength: Math.max(match.prefixLength, found.prefixLength) };
    },
  };
}

function lookUp(table: NetworkTable<string>, { octets, family }: Client): NetworkMatch<string> {
  return table.lookup(octets, family);
}

class Geography implements RegionTable {
  readonly #reader: Reader<CountryResponse & CityResponse>;
  readonly #regions: ReadonlyMap<string, string>;

  constructor(content: Buffer, regions: Readonly<Record<string, string>>) {
    this.#reader = new Reader(content);
    this.#regions = new Map(Object.entries(regions));
  }

  lookup({ octets }: Client): RegionMatch {
    const [found, prefixLength] = this.#reader.getWithPrefixLength(formatOctets(octets));
    const country = this.#regions.get(found?.country?.iso_code ?? '');
    return { region: country ?? this.#regions.get(found?.continent?.code ?? ''), prefixLength };
  }
}
