import { verifies } from '../../unit/dns/dnssec/support.ts';
import type { Record } from '../dns-message.ts';
import { nameOctets, TYPE } from '../dns-wire.ts';

/** Type covered at first, the TTL of the set at 4 (RFC 4034 section 3.1). */
const TTL_AT = 4;

/**
 * Sets of a section that have not exactly one signature, or one that does not fit; none when all is well. Data is taken
 * as it stands, so it must have its names in lower case.
 */
export function unverified(records: readonly Record[], publicKey: Buffer): readonly string[] {
  const sets = Map.groupBy(
    records.filter(({ type }) => type !== TYPE.RRSIG),
    ({ owner, type }) => `${owner} ${type}`,
  );
  return [...sets].filter(([, set]) => !isVerified(set, records, publicKey)).map(([name]) => name);
}

function isVerified(set: readonly Record[], records: readonly Record[], publicKey: Buffer): boolean {
  const [first] = set;
  if (first === undefined) return false;
  const { owner, type } = first;
  const signatures = records.filter(
    (record) => record.type === TYPE.RRSIG && record.owner === owner && record.data.readUInt16BE(0) === type,
  );
  const [signature] = signatures;
  if (signature === undefined || signatures.length > 1) return false;
  const data = set.map((record) => record.data).sort((left, right) => left.compare(right));
  const ttlSeconds = signature.data.readUInt32BE(TTL_AT);
  return verifies(signature.data, publicKey, { owner: nameOctets(owner), type, ttlSeconds, data });
}
