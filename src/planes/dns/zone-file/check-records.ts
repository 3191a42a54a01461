import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import type { NameKey } from '../wire/names.ts';
import { type Fault, fault } from './parsed.ts';
import { typeText } from './record-types.ts';
import { formatName } from './text.ts';
import type { LocatedRecord } from './zone-reader.ts';

interface Checked {
  /** In the order of the file, each once, with one TTL for each set. */
  readonly records: readonly FlatRecord[];
  readonly faults: readonly Fault[];
}

/** Records of one owner and type. */
interface RecordGroup {
  readonly first: LocatedRecord;
  readonly members: LocatedRecord[];
  /** Data seen, to tell duplicates. */
  readonly seen: Set<string>;
  ttlSeconds: number;
  octets: number;
}

/** All records of one owner, by type. */
type OwnerGroups = Map<number, RecordGroup>;

/** A message has 65,535 octets; this leaves room for question, signature and EDNS. */
const MAX_GROUP_OCTETS = 60_000;
/** Name (as a pointer), type, class, TTL and length (RFC 1035 section 4.1.3), octets. */
const RECORD_HEAD = 12;
/** Types whose data is one name, so that letter case is no difference. */
const NAME_TYPES: ReadonlySet<number> = new Set([TYPE.NS, TYPE.CNAME, TYPE.PTR]);

/** Looks at what only all records together show. */
export function checkRecords(records: readonly LocatedRecord[], apex: NameKey): Checked {
  const owners = new Map<NameKey, OwnerGroups>();
  const kept = records.filter((located) => enter(located, owners));
  const faults = [...owners].flatMap(([key, groups]) => checkOwner(groups, key === apex));
  const single = kept.map(({ record, key }) => {
    const ttlSeconds = owners.get(key)?.get(record.type)?.ttlSeconds ?? record.ttlSeconds;
    return ttlSeconds === record.ttlSeconds ? record : { ...record, ttlSeconds };
  });
  return { records: single, faults };
}

/** Puts a record to its like; false when it is there already. The lowest TTL of a set counts (RFC 2181 section 5.2). */
function enter(located: LocatedRecord, owners: Map<NameKey, OwnerGroups>): boolean {
  const { type, ttlSeconds, data } = located.record;
  const groups = getOrAdd(owners, located.key, () => new Map<number, RecordGroup>());
  const group = getOrAdd(groups, type, () => ({
    first: located,
    members: [],
    seen: new Set<string>(),
    ttlSeconds,
    octets: 0,
  }));
  group.ttlSeconds = Math.min(group.ttlSeconds, ttlSeconds);
  const text = data.toString('latin1');
  const known = group.seen.size;
  group.seen.add(NAME_TYPES.has(type) ? text.toLowerCase() : text);
  if (group.seen.size === known) return false;
  group.members.push(located);
  group.octets += RECORD_HEAD + data.length;
  return true;
}

function checkOwner(groups: OwnerGroups, isApex: boolean): readonly Fault[] {
  const sized = [...groups.values()].flatMap(checkSize);
  return [...sized, ...checkAlias(groups), ...(isApex ? checkApex(groups) : checkBelowApex(groups))];
}

function checkSize({ first, octets }: RecordGroup): readonly Fault[] {
  if (octets <= MAX_GROUP_OCTETS) return [];
  const found = `found ${octets} octets of ${describe(first)} records`;
  return [fault(first.line, `${found}; allowed: ${MAX_GROUP_OCTETS}, since they have to fit one answer`)];
}

/** RFC 2181 section 10.1: an alias has one CNAME and nothing else. */
function checkAlias(groups: OwnerGroups): readonly Fault[] {
  const aliases = groups.get(TYPE.CNAME);
  if (aliases === undefined) return [];
  const { first, members } = aliases;
  const second = members.slice(1).map(({ line }) => {
    return fault(line, `found another ${describe(first)} than in line ${first.line}; allowed: one`);
  });
  const beside = [...groups.values()].filter((group) => group !== aliases).map((group) => group.first);
  const mixed = beside.map((other) => {
    const [earlier, later] = other.line < first.line ? [other, first] : [first, other];
    return fault(later.line, `found ${describe(later)} beside the ${nameOf(earlier)}; a CNAME allows no other records`);
  });
  return [...second, ...mixed];
}

function checkApex(groups: OwnerGroups): readonly Fault[] {
  const authorities = groups.get(TYPE.SOA);
  const repeated = (authorities?.members ?? []).slice(1).map(({ line }) => {
    return fault(line, `found another SOA than in line ${authorities?.first.line}; allowed: one`);
  });
  const alias = groups.get(TYPE.CNAME)?.first;
  const ownSigner = groups.get(TYPE.DS)?.first;
  return [
    ...repeated,
    ...(alias === undefined
      ? []
      : [fault(alias.line, `found ${describe(alias)}; a zone's apex has SOA and NS, so no CNAME`)]),
    ...(ownSigner === undefined
      ? []
      : [fault(ownSigner.line, `found ${describe(ownSigner)}; it belongs into the parent zone`)]),
  ];
}

function checkBelowApex(groups: OwnerGroups): readonly Fault[] {
  return (groups.get(TYPE.SOA)?.members ?? []).map((soa) => {
    return fault(soa.line, `found ${describe(soa)}; allowed: at the zone's apex only`);
  });
}

function describe(located: LocatedRecord): string {
  return `${formatName(located.record.owner)} ${typeText(located.record.type)}`;
}

function nameOf({ record, line }: LocatedRecord): string {
  return `${typeText(record.type)} of line ${line}`;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
