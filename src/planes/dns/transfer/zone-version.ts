import type { FlatRecord } from '../wire/flat-record.ts';
import { nameKey } from '../wire/names.ts';

/** All that a zone says at one serial, as a secondary gets it. */
export interface ZoneVersion {
  readonly serial: number;
  readonly soa: FlatRecord;
  /**
   * Everything but the SOA, in parts such as a hostname's records; each record in one part. A part that has not changed
   * should be the same array as before: then a change costs what has changed, however large the zone is.
   */
  readonly parts: ReadonlyMap<string, readonly FlatRecord[]>;
}

/** What leads from one version to another. */
export interface ZoneDiff {
  readonly from: FlatRecord;
  readonly to: FlatRecord;
  readonly removed: readonly FlatRecord[];
  readonly added: readonly FlatRecord[];
}

/** A version of a zone. The serial is that of its SOA. */
export function zoneVersion(soa: FlatRecord, parts: ZoneVersion['parts']): ZoneVersion {
  return { serial: soaSerial(soa), soa, parts };
}

/** Serial, refresh, retry, expire and minimum end the data of an SOA (RFC 1035 section 3.3.13), four octets each. */
export function soaSerial({ data }: FlatRecord): number {
  return data.readUInt32BE(data.length - 20);
}

export function* recordsOf({ parts }: ZoneVersion): Generator<FlatRecord> {
  for (const part of parts.values()) yield* part;
}

/** What a secondary has to remove and to add. A record that only moved from one part to another is no change. */
export function diffVersions(before: ZoneVersion, after: ZoneVersion): ZoneDiff {
  const removed = changedRecords(before, after);
  const added = changedRecords(after, before);
  for (const key of removed.keys()) if (added.delete(key)) removed.delete(key);
  return { from: before.soa, to: after.soa, removed: [...removed.values()], added: [...added.values()] };
}

/** How many records a diff sends, its SOA records left out. */
export function diffSize({ removed, added }: ZoneDiff): number {
  return removed.length + added.length;
}

/** The records of all parts of a version that another has not got as the same array. */
function changedRecords(version: ZoneVersion, other: ZoneVersion): Map<string, FlatRecord> {
  const records = new Map<string, FlatRecord>();
  for (const [name, part] of version.parts) {
    if (other.parts.get(name) === part) continue;
    for (const record of part) records.set(recordKey(record), record);
  }
  return records;
}

/** Two records with the same key are the same record. */
function recordKey({ owner, type, ttlSeconds, data }: FlatRecord): string {
  return `${type} ${ttlSeconds} ${nameKey(owner, 0, owner.length)}${data.toString('latin1')}`;
}
