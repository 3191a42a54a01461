import { TYPE } from '../wire/constants.ts';
import { type NameKey, nameWire } from '../wire/names.ts';
import { joinSets, type RecordSet, recordSet } from '../wire/records.ts';
import type { FixedEntry, Records, UnsignedSet, Zone } from './types.ts';

/** Encodes a set of records owned by the name asked for, and signs it when the zone has keys. */
export function makeRecords(zone: Pick<Zone, 'signer'>, owner: NameKey, set: UnsignedSet): Records {
  const plain = recordSet(set, set.data);
  return { plain, signed: withSignature(zone, owner, set, plain) };
}

export function fixedEntry(zone: Pick<Zone, 'signer'>, owner: NameKey, set: UnsignedSet): FixedEntry {
  return { kind: 'fixed', records: makeRecords(zone, owner, set), set };
}

/** The set with its RRSIG behind it (RFC 4035 section 3.1.1); as it is in a zone without keys. */
export function withSignature(
  { signer }: Pick<Zone, 'signer'>,
  owner: NameKey,
  set: UnsignedSet,
  plain: RecordSet,
): RecordSet {
  if (signer === undefined || set.data.length === 0) return plain;
  const signature = signer.sign(nameWire(owner), set);
  return joinSets([plain, recordSet({ type: TYPE.RRSIG, ttlSeconds: set.ttlSeconds }, [signature])]);
}
