import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rawSignature, signP256 } from '../../../../src/planes/dns/dnssec/ecdsa.ts';
import { generateKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';

/** An integer of DER (X.690 section 8.3) from hexadecimal digits. */
function integer(digits: string): Buffer {
  const octets = Buffer.from(digits, 'hex');
  return Buffer.concat([Buffer.of(2, octets.length), octets]);
}

function sequence(first: Buffer, second: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0x30, first.length + second.length), first, second]);
}

describe('a signature of P-256', () => {
  const whole = '7f'.repeat(32);
  const high = 'ff'.repeat(32);
  it.each([
    ['both numbers whole', whole, whole, whole + whole],
    ['a zero before a high bit', `00${high}`, whole, high + whole],
    ['a zero before both', `00${high}`, `00${high}`, high + high],
    ['a short first number', '0102', whole, '0102'.padStart(64, '0') + whole],
    ['a short second number', `00${high}`, '01', high + '01'.padStart(64, '0')],
    ['a short number with a high bit', '0080', whole, '80'.padStart(64, '0') + whole],
  ])('has two numbers of 32 octets: %s', (_, first, second, raw) => {
    expect(rawSignature(sequence(integer(first), integer(second))).toString('hex')).toBe(raw);
  });

  it('verifies, whatever the random number in it', () => {
    const { privateKey } = generateKey('example.test');
    const key = createPublicKey(privateKey);
    for (let count = 0; count < 500; count += 1) {
      const data = Buffer.of(count >> 8, count & 0xff);
      expect(verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signP256(data, privateKey))).toBe(true);
    }
  });
});
