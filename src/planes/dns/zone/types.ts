import type { GlobalIngress } from '../../../plan/global-ingress.ts';
import type { NameKey } from '../wire/names.ts';
import type { RecordSet } from '../wire/records.ts';

/** All that is served, at one moment. Never changed, only replaced as a whole. */
export interface ZoneSet {
  /** `unsynced` until the first state is there: what exists is not known, so nothing may be denied. */
  readonly kind: 'unsynced' | 'synced';
  readonly zones: readonly Zone[];
  /** Index in `zones` by apex. */
  readonly apexes: ReadonlyMap<NameKey, number>;
  /** Every name that exists, but for the children of hostnames. */
  readonly nodes: ReadonlyMap<NameKey, Node>;
  /** By hostname. */
  readonly hosts: ReadonlyMap<string, CompiledHost>;
}

export interface Zone {
  readonly name: string;
  readonly key: NameKey;
  readonly serial: number;
  readonly soa: RecordSet;
}

/** A name that exists. Without entries it is an empty non-terminal (RFC 8499 section 7). */
export interface Node {
  /** Index in `zones`. */
  readonly zone: number;
  readonly entries: ReadonlyMap<number, Entry>;
  /** Names one label below, by label with its length octet. */
  readonly children?: ReadonlyMap<string, Node>;
}

/** The answer to one type at one name. */
export type Entry = FixedEntry | DrawnEntry;

export interface FixedEntry {
  readonly kind: 'fixed';
  readonly records: RecordSet;
}

/** One of the choices is drawn for each answer, by share. Never empty. */
export interface DrawnEntry {
  readonly kind: 'drawn';
  readonly host: string;
  readonly choices: readonly Choice[];
}

export interface Choice {
  readonly cluster: string;
  /** Basis points, above 0. They need not sum to 10,000: a cluster may have no address of the family asked for. */
  readonly share: number;
  readonly records: RecordSet;
}

export interface CompiledHost {
  readonly state: GlobalIngress;
  readonly key: NameKey;
  readonly node: Node;
}
