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
  readonly file?: GeographySource | undefined;
}

/** A MaxMind file of countries or cities. Countries win over continents. */
export interface GeographySource {
  readonly content: Buffer;
  /** Region by ISO 3166 code, such as `DE`. */
  readonly countries: Readonly<Record<string, string>>;
  /** Region by MaxMind's code, such as `EU`. */
  readonly continents: Readonly<Record<string, string>>;
}

/** For servers whose settings know no regions. */
export const NO_REGIONS: RegionTable = { lookup: () => ({ region: undefined, prefixLength: 0 }) };

/** Throws for a CIDR that is none, and for a file that is no MaxMind file. */
export function regionTable({ networks, file }: RegionSources): RegionTable {
  const entries = Object.entries(networks).flatMap(([region, cidrs]) => cidrs.map((cidr) => [cidr, region] as const));
  if (entries.length === 0 && file === undefined) return NO_REGIONS;
  const table = NetworkTable.parse(entries);
  const geography = file === undefined ? NO_REGIONS : new Geography(file);
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
  readonly #countries: ReadonlyMap<string, string>;
  readonly #continents: ReadonlyMap<string, string>;

  constructor({ content, countries, continents }: GeographySource) {
    this.#reader = new Reader(content);
    this.#countries = new Map(Object.entries(countries));
    this.#continents = new Map(Object.entries(continents));
  }

  lookup({ octets }: Client): RegionMatch {
    const [found, prefixLength] = this.#reader.getWithPrefixLength(formatOctets(octets));
    const country = this.#countries.get(found?.country?.iso_code ?? '');
    return { region: country ?? this.#continents.get(found?.continent?.code ?? ''), prefixLength };
  }
}
