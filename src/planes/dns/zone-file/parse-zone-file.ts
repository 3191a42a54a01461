import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { nameKey } from '../wire/names.ts';
import type { StartOfAuthority } from '../wire/records.ts';
import { checkRecords } from './check-records.ts';
import { readEntries } from './entries.ts';
import { type Fault, fault } from './parsed.ts';
import { decodeName, parseName } from './text.ts';
import { type LocatedRecord, ZoneReader } from './zone-reader.ts';

/** What a zone file says. */
export interface StaticZone {
  /** All but the SOA, in the order of the file. No two are the same, and those of one owner and type have one TTL. */
  readonly records: readonly FlatRecord[];
  /** undefined when the file leaves it to Sluice. */
  readonly soa: StaticSoa | undefined;
}

export interface StaticSoa extends StartOfAuthority {
  readonly ttlSeconds: number;
}

export type ZoneFileResult =
  | { readonly kind: 'valid'; readonly zone: StaticZone }
  | { readonly kind: 'invalid'; readonly issues: readonly ZoneFileIssue[] };

export interface ZoneFileIssue {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ZoneFileOptions {
  /** The zone that the file describes, such as `example.test`. */
  readonly zone: string;
  /** What messages call the file. */
  readonly file: string;
}

/** A zone stays small enough to be compiled within a turn of the event loop that queries do not notice. */
const MAX_RECORDS = 100_000;
const MAX_ISSUES = 20;
const ROOT = Buffer.of(0);

/**
 * Reads a zone file (RFC 1035 section 5) without $INCLUDE and $GENERATE. A record without a TTL takes that of $TTL, else
 * the minimum of the SOA, else that of the record before.
 */
export function parseZoneFile(text: string, { zone, file }: ZoneFileOptions): ZoneFileResult {
  const apex = parseName({ text: zone, quotes: 'none', line: 1 }, ROOT);
  if (apex.kind === 'fault') return invalid([apex]);
  const { records, faults } = readRecords(text, new ZoneReader(apex.value, file));
  if (records.length > MAX_RECORDS) {
    const line = records.at(-1)?.line ?? 1;
    return invalid([
      ...faults,
      fault(line, `found more than ${MAX_RECORDS} records in ${file}; allowed: ${MAX_RECORDS}`),
    ]);
  }
  const checked = checkRecords(records, nameKey(apex.value, 0, apex.value.length));
  const all = [...faults, ...checked.faults];
  return all.length > 0 ? invalid(all) : { kind: 'valid', zone: staticZone(checked.records) };
}

/** Stops when there is one record too many, or enough to correct. */
function readRecords(text: string, reader: ZoneReader) {
  const records: LocatedRecord[] = [];
  const faults: Fault[] = [];
  for (const entry of readEntries(text)) {
    const result = entry.kind === 'fault' ? entry : reader.read(entry);
    if (result.kind === 'fault') faults.push(result);
    else if (result.value !== undefined) records.push(result.value);
    if (faults.length >= MAX_ISSUES || records.length > MAX_RECORDS) break;
  }
  return { records, faults };
}

function invalid(faults: readonly Fault[]): ZoneFileResult {
  const issues = faults.map(({ line, message }) => ({ line, message })).sort((left, right) => left.line - right.line);
  return { kind: 'invalid', issues: issues.slice(0, MAX_ISSUES) };
}

function staticZone(records: readonly FlatRecord[]): StaticZone {
  const soa = records.find(({ type }) => type === TYPE.SOA);
  return { records: records.filter((record) => record !== soa), soa: soa === undefined ? undefined : staticSoa(soa) };
}

/** RFC 1035 section 3.3.13. */
function staticSoa({ data, ttlSeconds }: FlatRecord): StaticSoa {
  const primaryEnd = decodeName(data, 0)?.end ?? 0;
  const mailboxEnd = decodeName(data, primaryEnd)?.end ?? 0;
  return {
    primary: data.subarray(0, primaryEnd),
    mailbox: data.subarray(primaryEnd, mailboxEnd),
    serial: data.readUInt32BE(mailboxEnd),
    refreshSeconds: data.readUInt32BE(mailboxEnd + 4),
    retrySeconds: data.readUInt32BE(mailboxEnd + 8),
    expireSeconds: data.readUInt32BE(mailboxEnd + 12),
    negativeTtlSeconds: data.readUInt32BE(mailboxEnd + 16),
    ttlSeconds,
  };
}
