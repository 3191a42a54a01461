import { isDeepStrictEqual } from 'node:util';
import type { GlobalIngress } from '../../../plan/global-ingress.ts';
import { TYPE } from '../wire/constants.ts';
import { encodeName, type NameKey, nameKey, parentKey } from '../wire/names.ts';
import { addressSets, recordSet, soaValue } from '../wire/records.ts';
import { compileHost } from './compile-host.ts';
import type { CompiledHost, Entry, Node, Zone, ZoneSet } from './types.ts';

export interface ZoneConfig {
  readonly name: string;
  /** The SOA serial to begin with. */
  readonly serial: number;
  /** Addresses of the name server `ns1.<zone>`. */
  readonly nameServerAddresses: readonly string[];
}

/** A negative answer keeps a new hostname from being seen for this long (RFC 2308 section 5), seconds. */
const NEGATIVE_TTL_SECONDS = 30;
const NAME_SERVER_TTL_SECONDS = 300;
/** For secondaries, seconds; RFC 1912 section 2.2, on its quick side. */
const TIMERS = { refreshSeconds: 3_600, retrySeconds: 600, expireSeconds: 1_209_600 };

/** What is served before any state is known. Throws for a zone that is no name. */
export function unsyncedZones(configs: readonly ZoneConfig[]): ZoneSet {
  const zones = configs.map(({ name, serial }) => zone(name, serial));
  const apexes = new Map(zones.map(({ key }, index) => [key, index]));
  return { kind: 'unsynced', zones, apexes, nodes: new Map(), hosts: new Map() };
}

/**
 * The zones with exactly these hostnames. Hostnames that did not change keep their encoded answers and their place in
 * the draw; a zone's serial grows when anything in it did. Hostnames outside all zones are left out.
 */
export function compileZones(
  configs: readonly ZoneConfig[],
  previous: ZoneSet,
  states: readonly GlobalIngress[],
): ZoneSet {
  const hosts = new Map<string, CompiledHost>();
  const changed = new Set<number>();
  for (const state of states) {
    const before = previous.hosts.get(state.host);
    const compiled = before !== undefined && sameState(before.state, state) ? before : newHost(previous, state);
    if (compiled === undefined) continue;
    if (compiled !== before) changed.add(compiled.node.zone);
    hosts.set(state.host, compiled);
  }
  for (const [host, { node }] of previous.hosts) if (!hosts.has(host)) changed.add(node.zone);
  const zones = previous.zones.map((one, index) => {
    const moves = changed.has(index) || previous.kind === 'unsynced';
    return moves ? zone(one.name, nextSerial(one.serial)) : one;
  });
  return {
    kind: 'synced',
    zones,
    apexes: previous.apexes,
    nodes: allNodes(configs, zones, previous.apexes, hosts),
    hosts,
  };
}

/** Index of the innermost zone that holds a name; undefined when it is in none. */
export function zoneOf(apexes: ReadonlyMap<NameKey, number>, name: NameKey): number | undefined {
  for (let key: NameKey | undefined = name; key !== undefined; key = parentKey(key)) {
    const found = apexes.get(key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function sameState(before: GlobalIngress, after: GlobalIngress): boolean {
  return before === after || isDeepStrictEqual(before, after);
}

function newHost({ apexes }: ZoneSet, state: GlobalIngress): CompiledHost | undefined {
  const wire = encodeName(state.host);
  if (wire === undefined) return undefined;
  const key = nameKey(wire, 0, wire.length);
  const index = zoneOf(apexes, key);
  return index === undefined ? undefined : { state, key, node: compileHost(state, key, index) };
}

function allNodes(
  configs: readonly ZoneConfig[],
  zones: readonly Zone[],
  apexes: ReadonlyMap<NameKey, number>,
  hosts: ReadonlyMap<string, CompiledHost>,
): ReadonlyMap<NameKey, Node> {
  const nodes = new Map<NameKey, Node>();
  for (const { key, node } of hosts.values()) nodes.set(key, node);
  zones.forEach((one, index) => {
    addEntries(nodes, one.key, { zone: index, entries: apexEntries(one) });
    const addresses = configs[index]?.nameServerAddresses ?? [];
    addEntries(nodes, requiredKey(nameServerOf(one.name)), { zone: index, entries: nameServerEntries(addresses) });
  });
  for (const key of nodes.keys()) addEmptyNonTerminals(nodes, apexes, key);
  return nodes;
}

/** Beside what the name has already: a hostname may be the apex, or have the name of the name server. */
function addEntries(nodes: Map<NameKey, Node>, key: NameKey, { zone: index, entries }: Node): void {
  const there = nodes.get(key);
  nodes.set(key, { zone: index, ...there, entries: new Map([...entries, ...(there?.entries ?? [])]) });
}

/** Names above one that exists exist too (RFC 8020 section 2), up to the apex of the zone they are in. */
function addEmptyNonTerminals(nodes: Map<NameKey, Node>, apexes: ReadonlyMap<NameKey, number>, below: NameKey): void {
  for (let key = parentKey(below); key !== undefined && !nodes.has(key); key = parentKey(key)) {
    const index = zoneOf(apexes, key);
    if (index === undefined) return;
    nodes.set(key, { zone: index, entries: new Map() });
  }
}

function zone(name: string, serial: number): Zone {
  const value = soaValue({
    primary: requiredWire(nameServerOf(name)),
    mailbox: requiredWire(`hostmaster.${name}`),
    serial,
    ...TIMERS,
    negativeTtlSeconds: NEGATIVE_TTL_SECONDS,
  });
  const soa = recordSet({ type: TYPE.SOA, ttlSeconds: NEGATIVE_TTL_SECONDS }, [value]);
  return { name, key: requiredKey(name), serial, soa };
}

function apexEntries({ name, soa }: Zone): ReadonlyMap<number, Entry> {
  const options = { type: TYPE.NS, ttlSeconds: NAME_SERVER_TTL_SECONDS };
  const nameServers = recordSet(options, [requiredWire(nameServerOf(name))]);
  return new Map<number, Entry>([
    [TYPE.SOA, { kind: 'fixed', records: soa }],
    [TYPE.NS, { kind: 'fixed', records: nameServers }],
  ]);
}

function nameServerEntries(addresses: readonly string[]): ReadonlyMap<number, Entry> {
  const { a, aaaa } = addressSets(addresses, NAME_SERVER_TTL_SECONDS);
  const entries = new Map<number, Entry>();
  if (a.count > 0) entries.set(TYPE.A, { kind: 'fixed', records: a });
  if (aaaa.count > 0) entries.set(TYPE.AAAA, { kind: 'fixed', records: aaaa });
  return entries;
}

/** Serial numbers go round at 2^32 (RFC 1982); 0 is left out, it has a meaning of its own to some secondaries. */
function nextSerial(serial: number): number {
  return serial >= 0xffff_ffff ? 1 : serial + 1;
}

function nameServerOf(zoneName: string): string {
  return `ns1.${zoneName}`;
}

function requiredKey(name: string): NameKey {
  const wire = requiredWire(name);
  return nameKey(wire, 0, wire.length);
}

function requiredWire(name: string): Buffer {
  const wire = encodeName(name);
  if (wire === undefined) throw new Error(`"${name}" is no name; a zone has labels of 1 to 63 octets and 240 in all`);
  return wire;
}
