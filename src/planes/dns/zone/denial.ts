import { type Denial, denialData } from '../dnssec/denial.ts';
import { TYPE } from '../wire/constants.ts';
import { type NameKey, nameWire } from '../wire/names.ts';
import { type RecordSet, recordEnd, recordSet } from '../wire/records.ts';
import { withSignature } from './records.ts';
import type { Node, Zone } from './types.ts';

/** The signed NSEC record that says what is not at a name (RFC 9824); undefined in a zone without keys. */
export function denialOf(zone: Zone, name: NameKey, denial: Denial): RecordSet | undefined {
  if (zone.signer === undefined) return undefined;
  const data = [denialData({ owner: nameWire(name), apex: nameWire(zone.key) }, denial)];
  const set = { type: TYPE.NSEC, ttlSeconds: zone.negativeTtlSeconds, data };
  return withSignature(zone, name, set, recordSet(set, data));
}

/** What a node does not have. Kept with the node, so it is signed once. */
export function denialAt(node: Node, name: NameKey): RecordSet | undefined {
  node.denial ??= denialOf(node.zone, name, { kind: 'noType', types: node.entries.keys() });
  return node.denial;
}

/** The RRSIG alone, behind the one NSEC record of a proof. */
export function signatureOf({ bytes }: RecordSet): RecordSet {
  return { count: 1, bytes: bytes.subarray(recordEnd(bytes)) };
}
