import { describe, expect, it } from 'vitest';
import { kindOf } from '../../../../src/planes/leaf/kinds/all.ts';
import { certificateOf } from '../../../../src/planes/leaf/kinds/secret.ts';
import { anIntent, anObject, CERTIFICATE, east, LEAVES } from './builders.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const good = { 'tls.crt': base64(CERTIFICATE), 'tls.key': base64('a key') };
const aSecret = (data: object = good, type = 'kubernetes.io/tls') => anObject('Secret', { type, data });

describe('the certificate of a Secret', () => {
  it('is told by fingerprint, end and names', () => {
    const certificate = certificateOf(aSecret());
    if (certificate.kind !== 'certificate') throw new Error(certificate.message);
    const { fingerprint, notAfter } = certificate;
    expect(fingerprint).toBe('80a8076ff5d5ac4fe376e0833ea20b4ff870bb248925710b9a1b2f8533720f10');
    expect(notAfter).toBe('2126-10-28T16:06:23.000Z');
    expect(
      ['shop.example.test', 'east.shop.example.test', 'other.test'].map((name) => certificate.covers(name)),
    ).toEqual([true, true, false]);
  });

  it('is another one with another key or chain', () => {
    const contents = [
      good,
      { ...good, 'tls.key': base64('other') },
      { ...good, 'tls.crt': base64(CERTIFICATE.repeat(2)) },
      { ...good, 'ca.crt': 'x' },
    ]
      .map((data) => certificateOf(aSecret(data)))
      .map((found) => (found.kind === 'certificate' ? found.content : ''));
    expect(new Set(contents).size).toBe(3);
    expect(contents[3]).toBe(contents[0]);
  });

  it.each([
    ['of another type', aSecret(good, 'Opaque'), 'has type Opaque, and kubernetes.io/tls is wanted'],
    [
      'that cert-manager has not filled yet',
      aSecret({ 'tls.crt': '', 'tls.key': base64('k') }),
      'has no tls.crt or no tls.key yet',
    ],
    ['without data', aSecret({}), 'has no tls.crt or no tls.key yet'],
    [
      'with something else in it',
      aSecret({ ...good, 'tls.crt': base64('hello') }),
      'has a tls.crt that is no certificate in PEM',
    ],
  ])('cannot be used: %s', (_name, secret, message) => {
    expect(certificateOf(secret)).toEqual({ kind: 'unusable', message });
  });
});

describe('the copy of a Secret', () => {
  const ref = { kind: 'Secret', cluster: 'east', namespace: 'default', name: 'shop-tls' } as const;
  const kind = kindOf('Secret');
  const intent = anIntent(LEAVES.ingress, { ref });

  it.each([
    [
      'while there is none in the hub',
      {},
      'CertificateNotFound',
      'is a copy of Secret default/shop-tls of the hub, which does not exist',
    ],
    [
      'while there is no certificate in it',
      { secret: aSecret({}) },
      'CertificateUnusable',
      'Secret default/shop-tls of the hub has no tls.crt',
    ],
  ])('is refused %s, and tried again', (_name, found, reason, message) => {
    expect(kind.manifest(intent, east, found)).toMatchObject({ kind: 'refused', reason, retryable: true });
    expect(kind.manifest(intent, east, found)).toHaveProperty('message', expect.stringContaining(message));
  });

  it('says nothing of the key when it is refused', () => {
    const secret = aSecret({ ...good, 'tls.crt': base64('nonsense') });
    expect(JSON.stringify(kind.manifest(intent, east, { secret }))).not.toContain(good['tls.key']);
  });
});
