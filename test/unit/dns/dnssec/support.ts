import { createPublicKey, verify } from 'node:crypto';
import type { SigningKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';
import { encodeName } from '../../../../src/planes/dns/wire/names.ts';

/** Wire form, letters as they are written. */
export function wire(name: string): Buffer {
  const found = encodeName(name);
  if (found === undefined) throw new Error(`${name} is no name`);
  return found;
}

/** One label an entry, so that a label can hold any octet. */
export function wireName(labels: readonly (string | Buffer)[]): Buffer {
  const octets = labels.map((label) => (typeof label === 'string' ? Buffer.from(label, 'latin1') : label));
  return Buffer.concat([...octets.flatMap((label) => [Buffer.of(label.length), label]), Buffer.of(0)]);
}

export interface VerifiedSet {
  /** All that follows must be canonical already: nothing is folded or sorted here. */
  readonly owner: Buffer;
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: readonly Buffer[];
}

const SIGNATURE_SIZE = 64;

/** Checks a signature without the code under test: the RRSIG's own octets, then the records one after the other. */
export function verifies(rrsigData: Buffer, publicKey: SigningKey['publicKey'], set: VerifiedSet): boolean {
  const records = set.data.map((data) => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(set.type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(set.ttlSeconds, 4);
    fixed.writeUInt16BE(data.length, 8);
    return Buffer.concat([set.owner, fixed, data]);
  });
  const signed = Buffer.concat([rrsigData.subarray(0, -SIGNATURE_SIZE), ...records]);
  const x = publicKey.toString('base64url', 0, 32);
  const y = publicKey.toString('base64url', 32);
  const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, rrsigData.subarray(-SIGNATURE_SIZE));
}
