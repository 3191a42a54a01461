import type { FlatRecord } from '../wire/flat-record.ts';
import { recordsOf, type ZoneVersion } from './zone-version.ts';

/** The whole zone between two copies of its SOA (RFC 5936 section 2.2). */
export function* fullContent(version: ZoneVersion): Generator<FlatRecord> {
  yield version.soa;
  yield* recordsOf(version);
  yield version.soa;
}
