import { TYPE } from '../wire/constants.ts';
import type { FlatRecord } from '../wire/flat-record.ts';
import { fullContent } from './axfr.ts';
import type { Journal } from './journal.ts';
import { nameEnd, recordAt } from './sections.ts';
import { isNewer } from './serial.ts';
import { diffSize, soaSerial, type ZoneDiff, type ZoneVersion } from './zone-version.ts';

/** What a secondary gets, and in which of the three forms. */
export interface IxfrContent {
  readonly kind: 'upToDate' | 'incremental' | 'full';
  readonly records: Iterable<FlatRecord>;
}

/** Serial, refresh, retry, expire and minimum, octets. */
const SOA_NUMBERS = 20;

/** The serial that a client has, from the authority section of its query (RFC 1995 section 3); undefined when there is none. */
export function ixfrSerial(message: Buffer, questionEnd: number): number | undefined {
  const answers = message.readUInt16BE(6);
  const authorities = message.readUInt16BE(8);
  const record = answers === 0 && authorities === 1 ? recordAt(message, questionEnd) : undefined;
  if (record?.type !== TYPE.SOA) return undefined;
  const primaryEnd = nameEnd(message, record.dataStart);
  const mailboxEnd = primaryEnd === undefined ? undefined : nameEnd(message, primaryEnd);
  return mailboxEnd !== undefined && mailboxEnd + SOA_NUMBERS === record.end
    ? message.readUInt32BE(mailboxEnd)
    : undefined;
}

/** RFC 1995 section 4: what is new since a serial, or the whole zone where that serves better. */
export function ixfrContent(serial: number, version: ZoneVersion, journal: Journal): IxfrContent {
  if (!isNewer(version.serial, serial)) return { kind: 'upToDate', records: [version.soa] };
  const diffs = journal.since(serial);
  if (diffs === undefined || isLonger(diffs, version) || passesZero(diffs)) {
    return { kind: 'full', records: fullContent(version) };
  }
  return { kind: 'incremental', records: incrementalContent(version, diffs) };
}

function* incrementalContent({ soa }: ZoneVersion, diffs: readonly ZoneDiff[]): Generator<FlatRecord> {
  yield soa;
  for (const { from, to, removed, added } of diffs) {
    yield from;
    yield* removed;
    yield to;
    yield* added;
  }
  yield soa;
}

function isLonger(diffs: readonly ZoneDiff[], { parts }: ZoneVersion): boolean {
  let records = 0;
  for (const part of parts.values()) records += part.length;
  // Two SOA records introduce each diff.
  return diffs.reduce((sum, diff) => sum + diffSize(diff) + 2, 0) > records;
}

/** NSD takes the serials of several diffs as plain numbers and refuses when they fall, as they do once in a zone's life. */
function passesZero(diffs: readonly ZoneDiff[]): boolean {
  return diffs.length > 1 && diffs.some(({ from, to }) => soaSerial(to) < soaSerial(from));
}
