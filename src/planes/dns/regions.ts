import type { Client } from './client.ts';

/** Which region of the settings a client is in. */
export interface RegionTable {
  lookup(client: Client): RegionMatch;
}

export interface RegionMatch {
  readonly region: string | undefined;
  /** All addresses that share this many leading bits are in the same region (RFC 7871 section 7.2.1). */
  readonly prefixLength: number;
}

const NOWHERE: RegionMatch = { region: undefined, prefixLength: 0 };

/** For servers whose settings know no regions. */
export const NO_REGIONS: RegionTable = { lookup: () => NOWHERE };
