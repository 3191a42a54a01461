import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { encodeName } from '../wire/names.ts';
import { canonicalName } from './canonical.ts';

/** ECDSA on P-256 with SHA-256 (RFC 6605), the only one that Sluice signs with. */
export const ALGORITHM = 13;
/** Zone key and secure entry point: one key signs both the DNSKEY set and all else (RFC 4034 section 2.1.1). */
export const KEY_FLAGS = 257;
/** RFC 4034 section 2.1.2: always 3. */
export const KEY_PROTOCOL = 3;

export interface SigningKey {
  /** As it is written: lower-case, without the dot at the end. */
  readonly zone: string;
  readonly keyTag: number;
  /** X and Y of the point, 32 octets each (RFC 6605 section 4). */
  readonly publicKey: Buffer;
  /** RDATA of its DNSKEY record. */
  readonly dnskeyData: Buffer;
  readonly privateKey: KeyObject;
  /** One key of a zone is active and signs. The others only stand in the DNSKEY set. */
  readonly state: 'active' | 'published';
}

const CURVE = 'prime256v1';
const COORDINATE_SIZE = 32;

/** A new key for a zone, in memory only: `saveKey` keeps it. */
export function generateKey(zone: string, state: SigningKey['state'] = 'active'): SigningKey {
  const pair = createECDH(CURVE);
  pair.generateKeys();
  return signingKey({ zone, scalar: pair.getPrivateKey(), state });
}

export interface KeyParts {
  readonly zone: string;
  /** The secret number, big-endian. Leading zeros may be left out, as dnssec-keygen does once in 256 keys. */
  readonly scalar: Buffer;
  readonly state: SigningKey['state'];
}

/** A key from its secret number. Throws when that is none of the curve. */
export function signingKey({ zone, scalar, state }: KeyParts): SigningKey {
  const publicKey = publicKeyOf(scalar);
  const dnskeyData = dnskey(publicKey);
  const privateKey = createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      d: scalar.toString('base64url'),
      x: publicKey.toString('base64url', 0, COORDINATE_SIZE),
      y: publicKey.toString('base64url', COORDINATE_SIZE),
    },
  });
  return { zone: canonicalZone(zone), keyTag: keyTag(dnskeyData), publicKey, dnskeyData, privateKey, state };
}

/** The secret number of a key, always 32 octets. */
export function scalarOf(key: SigningKey): Buffer {
  return Buffer.from(key.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
}

/** The number by which signatures and DS records refer to a key (RFC 4034 appendix B). */
export function keyTag(dnskeyData: Buffer): number {
  let sum = 0;
  for (const [index, octet] of dnskeyData.entries()) sum += index % 2 === 0 ? octet << 8 : octet;
  return (sum + (sum >>> 16)) & 0xffff;
}

/** Lower-case and without the dot at the end. Throws when it is no name. */
export function canonicalZone(zone: string): string {
  const text = zone.endsWith('.') ? zone.slice(0, -1) : zone;
  zoneWireName(text);
  return text.toLowerCase();
}

/** Wire form of a zone's name, lower-case, as it stands in signatures. Throws when it is no name. */
export function zoneWireName(zone: string): Buffer {
  const wire = encodeName(zone);
  if (wire === undefined) throw new Error(`"${zone}" is no name of a zone: write it like example.test`);
  return canonicalName(wire);
}

function publicKeyOf(scalar: Buffer): Buffer {
  const pair = createECDH(CURVE);
  pair.setPrivateKey(scalar);
  // Uncompressed: one octet that says so, then X and Y.
  return pair.getPublicKey().subarray(1);
}

function dnskey(publicKey: Buffer): Buffer {
  const head = Buffer.of(KEY_FLAGS >> 8, KEY_FLAGS & 0xff, KEY_PROTOCOL, ALGORITHM);
  return Buffer.concat([head, publicKey]);
}
