import { CLASS_IN } from '../wire/constants.ts';
import { canonicalName, canonicalSet, signedLabels } from './canonical.ts';
import { signP256 } from './ecdsa.ts';
import { ALGORITHM, type SigningKey } from './signing-key.ts';

/** All records of one owner and type: what one signature covers. */
export interface SetToSign {
  /** Wire form, in any case. For an answer made from a wildcard it is the name that was asked for (RFC 9824 section 3.3). */
  readonly owner: Buffer;
  readonly type: number;
  readonly ttlSeconds: number;
  /** RDATA in wire form without pointers, in any order. */
  readonly data: readonly Buffer[];
}

/** When a signature holds, in seconds since 1970. */
export interface SignatureWindow {
  readonly inception: number;
  readonly expiration: number;
}

export interface SignOptions extends SetToSign, SignatureWindow {
  /** Wire form of the zone's name. */
  readonly signer: Buffer;
  readonly key: SigningKey;
}

/** Validators whose clock is slow take a new signature too. */
const CLOCK_SKEW_SECONDS = 3_600;
const VALIDITY_SECONDS = 7 * 86_400;
/** Leaves time to notice that renewal fails, and outlives every TTL of less than three days. */
const RENEW_BELOW_SECONDS = 3 * 86_400;

/** The window of a signature that is made now. */
export function signatureWindow(nowSeconds: number): SignatureWindow {
  const now = Math.floor(nowSeconds);
  return { inception: now - CLOCK_SKEW_SECONDS, expiration: now + VALIDITY_SECONDS };
}

/** True when less than three days are left. */
export function needsRenewal({ expiration }: Pick<SignatureWindow, 'expiration'>, nowSeconds: number): boolean {
  return expiration - nowSeconds < RENEW_BELOW_SECONDS;
}

/** RDATA of the RRSIG record of a set. The record has the owner and the TTL of the set. */
export function signRecordSet(options: SignOptions): Buffer {
  const head = rrsigHead(options);
  const signature = signP256(signedData(head, options), options.key.privateKey);
  return Buffer.concat([head, signature]);
}

/** What a signature is computed over: its own RDATA without itself, then the set in canonical form (RFC 4034 section 3.1.8.1). */
export function signedData(head: Buffer, { owner, type, ttlSeconds, data }: SetToSign): Buffer {
  const name = canonicalName(owner);
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttlSeconds, 4);
  const records = canonicalSet(type, data).flatMap((value) => [
    name,
    fixed,
    Buffer.of(value.length >> 8, value.length & 0xff),
    value,
  ]);
  return Buffer.concat([head, ...records]);
}

/** RDATA of an RRSIG record up to the signature (RFC 4034 section 3.1). */
function rrsigHead({ owner, type, ttlSeconds, inception, expiration, signer, key }: SignOptions): Buffer {
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt8(ALGORITHM, 2);
  fixed.writeUInt8(signedLabels(owner), 3);
  fixed.writeUInt32BE(ttlSeconds, 4);
  // Times wrap in 2106 and are compared as serial numbers (section 3.1.5).
  fixed.writeUInt32BE(expiration >>> 0, 8);
  fixed.writeUInt32BE(inception >>> 0, 12);
  fixed.writeUInt16BE(key.keyTag, 16);
  return Buffer.concat([fixed, canonicalName(signer)]);
}
