import { createHash } from 'node:crypto';
import { ALGORITHM, type SigningKey, zoneWireName } from './signing-key.ts';

/** SHA-256 (RFC 4509). */
const DIGEST_TYPE = 2;
/** TTL written into the line for the parent zone, seconds. The parent's own setting wins. */
const DS_TTL_SECONDS = 3_600;

/** RDATA of the DS record of a key, SHA-256: what the parent zone lists (RFC 4034 section 5.1.4). */
export function dsData(key: SigningKey): Buffer {
  const digest = createHash('sha256').update(zoneWireName(key.zone)).update(key.dnskeyData).digest();
  return Buffer.concat([Buffer.of(key.keyTag >> 8, key.keyTag & 0xff, ALGORITHM, DIGEST_TYPE), digest]);
}

/** The same in presentation form, as registrars and parent zones take it. */
export function dsLine(key: SigningKey): string {
  const digest = dsData(key).toString('hex', 4);
  return `${key.zone}. ${DS_TTL_SECONDS} IN DS ${key.keyTag} ${ALGORITHM} ${DIGEST_TYPE} ${digest}`;
}

/**
 * RDATA of the CDS record, by which the parent learns of a new key without a human (RFC 7344, RFC 8078). In the apex for
 * each key that the parent is to list: in a rollover that is the old one and the new one, until the new one signs.
 */
export function cdsData(key: SigningKey): Buffer {
  return dsData(key);
}

/** RDATA of the CDNSKEY record, for parents that compute the digest themselves. Always together with CDS. */
export function cdnskeyData(key: SigningKey): Buffer {
  return key.dnskeyData;
}
