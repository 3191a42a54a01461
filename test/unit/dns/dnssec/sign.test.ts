import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  needsRenewal,
  type SetToSign,
  signatureWindow,
  signedData,
  signRecordSet,
} from '../../../../src/planes/dns/dnssec/sign.ts';
import { generateKey, type SigningKey, signingKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';
import { TYPE } from '../../../../src/planes/dns/wire/constants.ts';
import { verifies, wire } from './support.ts';

const DAY = 86_400;
const NOW = 1_800_000_000;

/** RFC 6605 section 6.1. */
const EXAMPLE = {
  scalar: 'GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=',
  publicKey: 'GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
  signature: 'qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==',
  inception: Date.UTC(2010, 7, 12, 10, 4, 39) / 1_000,
  expiration: Date.UTC(2010, 8, 9, 10, 4, 39) / 1_000,
};

const KEY = generateKey('example.test');

function aSet(overrides: Partial<SetToSign> = {}): SetToSign {
  const owner = wire('shop.example.test');
  return { owner, type: TYPE.A, ttlSeconds: 60, data: [Buffer.of(192, 0, 2, 1)], ...overrides };
}

function sign(set: SetToSign, signer = wire('example.test')): Buffer {
  return signRecordSet({ ...set, signer, key: KEY, ...signatureWindow(NOW) });
}

describe('the example of RFC 6605', () => {
  const key: SigningKey = signingKey({
    zone: 'example.net',
    scalar: Buffer.from(EXAMPLE.scalar, 'base64'),
    state: 'active',
  });
  const set = aSet({ owner: wire('www.example.net'), ttlSeconds: 3_600 });
  const ours = signRecordSet({ ...set, ...EXAMPLE, signer: wire('example.net'), key });

  it('has the public key that belongs to the secret one', () => {
    expect(key.publicKey.toString('base64')).toBe(EXAMPLE.publicKey);
  });

  it('has a signature that fits what is signed here', () => {
    const publicKey = createPublicKey(key.privateKey);
    const signed = signedData(ours.subarray(0, -64), set);
    const signature = Buffer.from(EXAMPLE.signature, 'base64');
    expect(verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  it('has the same fields before the signature as ours', () => {
    const fields = ['0001', '0d', '03', '00000e10', '4c88b137', '4c63c737', (55_648).toString(16)];
    expect(ours.toString('hex', 0, 18)).toBe(fields.join(''));
    expect(ours.subarray(18, -64)).toEqual(wire('example.net'));
  });

  it('is signed again in a way that verifies', () => {
    expect(verifies(ours, key.publicKey, set)).toBe(true);
    expect(verifies(ours, key.publicKey, { ...set, ttlSeconds: 3_601 })).toBe(false);
  });
});

describe('the canonical form (RFC 4034 section 6)', () => {
  it('folds the owner and the signer and sorts the data, each value once', () => {
    const low = Buffer.of(9, 255, 255, 255);
    const high = Buffer.of(192, 0, 2, 1);
    const rrsig = sign(aSet({ owner: wire('SHOP.Example.test'), data: [high, low, high] }), wire('EXAMPLE.test'));
    expect(rrsig.subarray(18, -64)).toEqual(wire('example.test'));
    expect(verifies(rrsig, KEY.publicKey, aSet({ data: [low, high] }))).toBe(true);
    expect(verifies(rrsig, KEY.publicKey, aSet({ data: [high, low] }))).toBe(false);
  });

  it('sorts a shorter value before a longer one that begins with it', () => {
    const short = Buffer.from('\x01a', 'latin1');
    const long = Buffer.from('\x01a\x00', 'latin1');
    const rrsig = sign(aSet({ type: TYPE.TXT, data: [long, short] }));
    expect(verifies(rrsig, KEY.publicKey, aSet({ type: TYPE.TXT, data: [short, long] }))).toBe(true);
  });

  it('sorts after folding', () => {
    const data = [wire('B.example.test'), wire('a.example.test')];
    const rrsig = sign(aSet({ type: TYPE.NS, data: [wire('a.example.test'), wire('B.example.test')] }));
    const folded = [wire('a.example.test'), wire('b.example.test')];
    expect(verifies(rrsig, KEY.publicKey, aSet({ type: TYPE.NS, data: folded }))).toBe(true);
    expect(verifies(sign(aSet({ type: TYPE.NS, data })), KEY.publicKey, aSet({ type: TYPE.NS, data: folded }))).toBe(
      true,
    );
  });

  // Numbers that look like capital letters show that only names are folded.
  const numbers = (size: number) => Buffer.alloc(size, 'AZ');
  const strings = Buffer.from('\x01U\x03E2U\x02!R', 'latin1');
  const [mixed, folded] = [wire('Host.EXAMPLE.test'), wire('host.example.test')];
  it.each<[string, number, (name: Buffer) => Buffer]>([
    ['NS', TYPE.NS, (name) => name],
    ['CNAME', TYPE.CNAME, (name) => name],
    ['PTR', TYPE.PTR, (name) => name],
    ['DNAME', 39, (name) => name],
    ['RP', 17, (name) => Buffer.concat([name, name])],
    ['SOA', TYPE.SOA, (name) => Buffer.concat([name, name, numbers(20)])],
    ['MX', TYPE.MX, (name) => Buffer.concat([numbers(2), name])],
    ['SRV', TYPE.SRV, (name) => Buffer.concat([numbers(6), name])],
    ['NAPTR', 35, (name) => Buffer.concat([numbers(4), strings, name])],
  ])('folds the names in %s data and nothing else of it', (_, type, data) => {
    const rrsig = sign(aSet({ type, data: [data(mixed)] }));
    expect(verifies(rrsig, KEY.publicKey, aSet({ type, data: [data(folded)] }))).toBe(true);
  });

  it.each([
    ['NSEC (RFC 6840 section 5.1)', TYPE.NSEC],
    ['SVCB (RFC 3597 section 7)', TYPE.SVCB],
    ['HTTPS', TYPE.HTTPS],
    ['TXT', TYPE.TXT],
    ['CAA', TYPE.CAA],
  ])('leaves %s data as it is', (_, type) => {
    const rrsig = sign(aSet({ type, data: [mixed] }));
    expect(verifies(rrsig, KEY.publicKey, aSet({ type, data: [mixed] }))).toBe(true);
  });

  it.each([
    ['example.test', 2],
    ['a.b.example.test', 4],
    ['*.example.test', 2],
    ['*', 0],
    ['', 0],
    ['**.example.test', 3],
    ['a.*.example.test', 4],
  ])('counts the labels of "%s" as %i', (owner, labels) => {
    expect(sign(aSet({ owner: wire(owner) })).readUInt8(3)).toBe(labels);
  });
});

describe('the time that a signature holds', () => {
  it('begins an hour ago and ends in seven days', () => {
    expect(signatureWindow(NOW + 0.9)).toEqual({ inception: NOW - 3_600, expiration: NOW + 7 * DAY });
  });

  it('is renewed when less than three days are left', () => {
    const { expiration } = signatureWindow(NOW);
    expect(needsRenewal({ expiration }, NOW + 4 * DAY)).toBe(false);
    expect(needsRenewal({ expiration }, NOW + 4 * DAY + 1)).toBe(true);
  });

  it('goes on after 2106, when its 32 bits have run over', () => {
    const rrsig = signRecordSet({
      ...aSet(),
      signer: wire('example.test'),
      key: KEY,
      inception: 2 ** 32 - 1,
      expiration: 2 ** 32 + 5,
    });
    expect([rrsig.readUInt32BE(8), rrsig.readUInt32BE(12)]).toEqual([5, 2 ** 32 - 1]);
  });
});
