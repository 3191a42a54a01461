import { formatRecord } from '../../../../src/planes/dns/zone-file/format-record.ts';
import {
  parseZoneFile,
  type StaticZone,
  type ZoneFileIssue,
} from '../../../../src/planes/dns/zone-file/parse-zone-file.ts';

const OPTIONS = { zone: 'example.test', file: 'example.zone' };

export function parse(text: string, zone = OPTIONS.zone) {
  return parseZoneFile(text, { ...OPTIONS, zone });
}

/** The zone of a file that has to be right. */
export function zoneOf(text: string, zone?: string): StaticZone {
  const result = parse(text, zone);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.issues));
  return result.zone;
}

/** The records of a right file, as `sluice` would print them. */
export function linesOf(text: string, zone?: string): readonly string[] {
  return zoneOf(text, zone).records.map(formatRecord);
}

export function issuesOf(text: string, zone?: string): readonly ZoneFileIssue[] {
  const result = parse(text, zone);
  return result.kind === 'valid' ? [] : result.issues;
}

/** The data of the one record `x.example.test`, in hexadecimal digits. */
export function dataOf(typeAndData: string): string {
  const [record] = zoneOf(`$TTL 60\nx IN ${typeAndData}\n`).records;
  return record === undefined ? 'none' : record.data.toString('hex');
}
