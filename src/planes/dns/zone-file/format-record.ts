import type { FlatRecord } from '../wire/flat-record.ts';
import { formatData } from './record-data.ts';
import { typeText } from './record-types.ts';
import { formatName } from './text.ts';

/** A record as one line of a zone file, with absolute names: `shop.example.test. 300 IN A 192.0.2.10`. */
export function formatRecord({ owner, ttlSeconds, type, data }: FlatRecord): string {
  return `${formatName(owner)} ${ttlSeconds} IN ${typeText(type)} ${formatData(type, data)}`;
}
