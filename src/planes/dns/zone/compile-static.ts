import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { firstLabel, type NameKey, nameKey, nameWire, parentKey, requiredKey } from '../wire/names.ts';
import { addressData, type RecordSet, recordSet, wholeRecords } from '../wire/records.ts';
import { denialOf } from './denial.ts';
import { fixedEntry, makeRecords, withSignature } from './records.ts';
import type { Delegation, Entry, Node, UnsignedSet, Zone } from './types.ts';
import { isInZone, type NameServer, type SettledZone } from './zone.ts';

const NAME_SERVER_TTL_SECONDS = 300;
const KEY_TTL_SECONDS = 3_600;

/** DNSKEY, CDS and CDNSKEY data of a zone with keys. */
export interface ZoneKeys {
  readonly dnskeys: readonly Buffer[];
  readonly cds: readonly Buffer[];
  readonly cdnskeys: readonly Buffer[];
}

export interface StaticSource {
  readonly zone: SettledZone;
  /** Of the zone file; the SOA is ours. */
  readonly records: readonly FlatRecord[];
  readonly keys: ZoneKeys | undefined;
}

/** The names that a zone has besides its hostnames: apex, name servers, what its file says, and all names above those. */
export function compileStatic({ zone, records, keys }: StaticSource): ReadonlyMap<NameKey, Node> {
  const sets = groupByOwner([...staticRecords(zone, records), ...keyRecords(zone, keys)]);
  const cuts = delegations(zone, sets);
  const nodes = new Map<NameKey, Node>([[zone.key, { zone, entries: new Map([[TYPE.SOA, { kind: 'soa' }]]) }]]);
  for (const [key, ofOwner] of sets) {
    const cut = cutAbove(zone, key, cuts);
    const entries = withGlue(entriesOf(zone, key, { sets: ofOwner, cut }), sets);
    const soa: readonly (readonly [number, Entry])[] = key === zone.key ? [[TYPE.SOA, { kind: 'soa' }]] : [];
    nodes.set(key, { zone, entries: new Map([...soa, ...entries]), ...(cut === undefined ? {} : { cut }) });
  }
  const belowApex = [...nodes.keys()].filter((key) => key !== zone.key);
  for (const key of belowApex) addEmptyNonTerminals(nodes, zone, { below: key, cuts });
  for (const [key, node] of nodes) linkWildcard(nodes, key, node);
  return nodes;
}

type Sets = ReadonlyMap<number, UnsignedSet>;

/** All records of a zone but its SOA, its keys and those of hostnames. The file's name servers win over those of the settings. */
export function staticRecords(zone: SettledZone, records: readonly FlatRecord[]): readonly FlatRecord[] {
  const apex = nameWire(zone.key);
  const hasOwn = records.some(({ owner, type }) => type === TYPE.NS && nameKey(owner, 0, owner.length) === zone.key);
  if (hasOwn) return records;
  const ttlSeconds = NAME_SERVER_TTL_SECONDS;
  const { nameServers } = zone.settings;
  return [
    ...records,
    ...nameServers.map(({ name }) => ({ owner: apex, type: TYPE.NS, ttlSeconds, data: nameWire(requiredKey(name)) })),
    ...nameServers.flatMap((server) => addressRecords(zone, server)),
  ];
}

function addressRecords(zone: Zone, { name, addresses }: NameServer): readonly FlatRecord[] {
  const key = requiredKey(name);
  if (!isInZone(key, zone.key)) return [];
  const { a, aaaa } = addressData(addresses);
  const common = { owner: nameWire(key), ttlSeconds: NAME_SERVER_TTL_SECONDS };
  return [
    ...a.map((data) => ({ ...common, type: TYPE.A, data })),
    ...aaaa.map((data) => ({ ...common, type: TYPE.AAAA, data })),
  ];
}

function keyRecords(zone: Zone, keys: ZoneKeys | undefined): readonly FlatRecord[] {
  if (keys === undefined) return [];
  const common = { owner: nameWire(zone.key), ttlSeconds: KEY_TTL_SECONDS };
  return [
    ...keys.dnskeys.map((data) => ({ ...common, type: TYPE.DNSKEY, data })),
    ...keys.cds.map((data) => ({ ...common, type: TYPE.CDS, data })),
    ...keys.cdnskeys.map((data) => ({ ...common, type: TYPE.CDNSKEY, data })),
  ];
}

function groupByOwner(records: readonly FlatRecord[]): ReadonlyMap<NameKey, Sets> {
  const owners = new Map<NameKey, Map<number, { type: number; ttlSeconds: number; data: Buffer[] }>>();
  for (const { owner, type, ttlSeconds, data } of records) {
    const key = nameKey(owner, 0, owner.length);
    let sets = owners.get(key);
    if (sets === undefined) owners.set(key, (sets = new Map()));
    const set = sets.get(type);
    if (set === undefined) sets.set(type, { type, ttlSeconds, data: [data] });
    // One TTL within a set, the lowest (RFC 2181 section 5.2).
    else sets.set(type, { type, ttlSeconds: Math.min(set.ttlSeconds, ttlSeconds), data: [...set.data, data] });
  }
  return owners;
}

function delegations(zone: Zone, sets: ReadonlyMap<NameKey, Sets>): ReadonlyMap<NameKey, Delegation> {
  const cuts = new Map<NameKey, Delegation>();
  for (const [key, ofOwner] of sets) {
    const servers = ofOwner.get(TYPE.NS);
    if (servers !== undefined && key !== zone.key) cuts.set(key, delegation(zone, key, { servers, sets }));
  }
  return cuts;
}

interface Cut {
  readonly servers: UnsignedSet;
  readonly sets: ReadonlyMap<NameKey, Sets>;
}

function delegation(zone: Zone, key: NameKey, { servers, sets }: Cut): Delegation {
  const ds = sets.get(key)?.get(TYPE.DS);
  const security =
    ds === undefined
      ? denialOf(zone, key, { kind: 'insecureDelegation' })
      : withSignature(zone, key, ds, recordSet(ds, ds.data));
  return { key, nameServers: recordSet(servers, servers.data), security, glue: glueFor(servers, sets) };
}

/** Addresses of name servers that are in the zone; without them who asks would have to ask again (RFC 1034 section 4.3.2 step 6). */
function glueFor(servers: UnsignedSet, sets: ReadonlyMap<NameKey, Sets>): RecordSet {
  const glue = servers.data.flatMap((name) => {
    const server = sets.get(nameKey(name, 0, name.length));
    const found = [server?.get(TYPE.A), server?.get(TYPE.AAAA)].flatMap((set) => set ?? []);
    return found.flatMap(({ type, ttlSeconds, data }) =>
      data.map((one) => ({ owner: name, type, ttlSeconds, data: one })),
    );
  });
  return wholeRecords(glue);
}

/** The highest cut at or above a name: all below it is somebody else's. */
function cutAbove(zone: Zone, name: NameKey, cuts: ReadonlyMap<NameKey, Delegation>): Delegation | undefined {
  let highest: Delegation | undefined;
  if (cuts.size === 0) return undefined;
  for (let key: NameKey | undefined = name; key !== undefined && key !== zone.key; key = parentKey(key)) {
    highest = cuts.get(key) ?? highest;
  }
  return highest;
}

interface Owned {
  readonly sets: Sets;
  readonly cut: Delegation | undefined;
}

/** At a cut only DS is ours to answer (RFC 4035 section 3.1.4.1), below it nothing. */
function entriesOf(zone: Zone, key: NameKey, { sets, cut }: Owned): ReadonlyMap<number, Entry> {
  const ours = [...sets].filter(([type]) => cut === undefined || (cut.key === key && type === TYPE.DS));
  return new Map(ours.map(([type, set]) => [type, entry(zone, key, set)] as const));
}

/** Only NS sets that are ours to answer have it: those at an apex. */
function withGlue(entries: ReadonlyMap<number, Entry>, sets: ReadonlyMap<NameKey, Sets>): ReadonlyMap<number, Entry> {
  const servers = entries.get(TYPE.NS);
  if (servers?.kind !== 'fixed') return entries;
  return new Map([...entries, [TYPE.NS, { ...servers, glue: glueFor(servers.set, sets) }]]);
}

function entry(zone: Zone, key: NameKey, set: UnsignedSet): Entry {
  const [target] = set.data;
  if (set.type !== TYPE.CNAME || target === undefined) return fixedEntry(zone, key, set);
  return { kind: 'alias', records: makeRecords(zone, key, set), set, target: nameKey(target, 0, target.length) };
}

interface Above {
  readonly below: NameKey;
  readonly cuts: ReadonlyMap<NameKey, Delegation>;
}

/** Names above one that exists exist too (RFC 8020 section 2), up to the apex. */
function addEmptyNonTerminals(nodes: Map<NameKey, Node>, zone: Zone, { below, cuts }: Above): void {
  for (let key = parentKey(below); key !== undefined && !nodes.has(key); key = parentKey(key)) {
    const cut = cutAbove(zone, key, cuts);
    nodes.set(key, { zone, entries: new Map(), ...(cut === undefined ? {} : { cut }) });
  }
}

const WILDCARD = '\x01*';

function linkWildcard(nodes: Map<NameKey, Node>, key: NameKey, node: Node): void {
  if (firstLabel(key) !== WILDCARD) return;
  const above = parentKey(key);
  const parent = above === undefined ? undefined : nodes.get(above);
  if (above !== undefined && parent !== undefined) nodes.set(above, { ...parent, wildcard: node });
}
