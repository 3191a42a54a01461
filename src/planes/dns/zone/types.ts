import type { TotalsOf } from '../answer-totals.ts';
import type { Client } from '../client.ts';
import type { RegionTable } from '../regions.ts';
import type { ServedHost } from '../served.ts';
import type { NameKey } from '../wire/names.ts';
import type { RecordSet } from '../wire/records.ts';

/** A zone that this server is authoritative for. */
export interface Zone {
  readonly name: string;
  readonly key: NameKey;
  /** The zone that holds this one's delegation, when it is served here too. */
  readonly parent: Zone | undefined;
  readonly signer: Signer | undefined;
  /** TTL of what denies (RFC 2308 section 5), seconds. */
  readonly negativeTtlSeconds: number;
  /** Replaced with each change of the zone. */
  serial: number;
  soa: Records;
}

/** Makes RRSIG data for a set of records (RFC 4034 section 3). */
export interface Signer {
  sign(owner: Buffer, set: UnsignedSet): Buffer;
}

/** Records of one type at one name, before they are encoded. */
export interface UnsignedSet {
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: readonly Buffer[];
}

/** One set of records in the two forms in which it is sent; the same one twice in a zone without keys. */
export interface Records {
  readonly plain: RecordSet;
  /** With its RRSIG, for clients that set DO (RFC 4035 section 3.1.1). */
  readonly signed: RecordSet;
}

/** A name that exists. Without entries it is an empty non-terminal (RFC 8499 section 7). */
export interface Node {
  readonly zone: Zone;
  readonly entries: ReadonlyMap<number, Entry>;
  /** That of A once more, at hand: what nearly all queries ask for. */
  readonly drawnA?: DrawnEntry | undefined;
  /** The node of `*` below this one. */
  readonly wildcard?: Node;
  /** This name and all below it belong to somebody else. */
  readonly cut?: Delegation;
  /** Names one label below, by label with its length octet. */
  readonly children?: ReadonlyMap<string, Node>;
  /** The signed proof of what is not here, made when it is first asked for. */
  denial?: RecordSet | undefined;
}

/** The answer to one type at one name. */
export type Entry = FixedEntry | AliasEntry | DrawnEntry | SoaEntry | ToldEntry;

export interface FixedEntry {
  readonly kind: 'fixed';
  readonly records: Records;
  readonly set: UnsignedSet;
  /** Addresses of the name servers that it lists, with whole names. */
  readonly glue?: RecordSet;
}

/** A CNAME: what is asked for is at another name (RFC 1034 section 3.6.2). */
export interface AliasEntry {
  readonly kind: 'alias';
  readonly records: Records;
  readonly set: UnsignedSet;
  readonly target: NameKey;
}

/** One of the choices is drawn for each answer. Never empty. */
export interface DrawnEntry {
  readonly kind: 'drawn';
  readonly choices: readonly Choice[];
  readonly draw: Draw;
}

/** The SOA of the node's zone, which changes with everything else. */
export interface SoaEntry {
  readonly kind: 'soa';
}

/** TXT about a hostname, made when it is asked for, and told to the networks of the settings only. */
export interface ToldEntry {
  readonly kind: 'told';
  /** `facts`: what is in force everywhere. `totals`: answers by cluster. `explanation`: what this very client would get, and why. */
  readonly what: 'facts' | 'totals' | 'explanation';
  readonly host: CompiledHost;
}

/** Chooses among the choices that it was made for. */
export interface Draw {
  /** The index of the next choice for a client. */
  next(client: Client): number;
  /** The indexes of the choices that a client may get now. Takes nobody's turn. */
  candidates(client: Client): readonly number[];
  /** How many leading bits of the client's address the choice depends on; 0 when it is the same for all (RFC 7871 section 7.2.1). */
  scopeBits(client: Client): number;
}

export interface Choice {
  readonly cluster: string;
  /** Basis points. They need not sum to 10,000: a cluster may be down, or have no address of the family asked for. */
  readonly share: number;
  readonly records: Records;
  readonly answered: Tally;
}

/** A count that outlives the compiled zone. */
export interface Tally {
  count: number;
}

/** Where a zone ends and another's begins (RFC 1034 section 4.2.1). */
export interface Delegation {
  readonly key: NameKey;
  readonly nameServers: RecordSet;
  /** DS with its signature, or the proof that there is none; nothing in a zone without keys. */
  readonly security: RecordSet | undefined;
  /** Addresses of name servers in the zone, with whole names. */
  readonly glue: RecordSet;
}

export interface CompiledHost {
  readonly served: ServedHost;
  readonly key: NameKey;
  readonly node: Node;
  readonly regions: RegionTable;
  /** What every server of the same address is known to serve; it outlives the compiled hostname. */
  readonly confirmed: { revision: number };
  readonly totals: TotalsOf;
}
