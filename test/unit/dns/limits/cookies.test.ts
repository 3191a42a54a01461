import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../../src/planes/dns/limits/address-octets.ts';
import { CookieJar } from '../../../../src/planes/dns/limits/cookies.ts';
import { sipHash24, sipKey } from '../../../../src/planes/dns/limits/siphash.ts';

const octetsOf = (text: string) => {
  const address = new ClientAddress();
  expect(address.parse(text)).toBe(true);
  return address.octets;
};

const hex = (text: string) => Buffer.from(text, 'hex');

interface JarOptions {
  readonly secrets?: readonly string[];
  readonly now?: number;
}

const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf';
const OLD_SECRET = 'dd3bdf9344b678b185a6f5cb60fca715';
const NEW_SECRET = '445536bcd2513298075a5d379663c962';
const NOW = 1_700_000_000;
const CLIENT = octetsOf('192.0.2.1');

const aJar = ({ secrets = [SECRET], now = NOW }: JarOptions = {}) =>
  new CookieJar({ secrets: secrets.map(hex), now: () => now });

const wholeCookie = (jar: CookieJar, client: string, address: Uint8Array) => {
  const target = Buffer.alloc(24);
  hex(client).copy(target);
  jar.make(hex(client), address, { target, at: 8 });
  return target;
};

describe('the server cookies of RFC 9018, appendix A', () => {
  it.each([
    {
      name: 'A.1, a new one',
      secret: SECRET,
      address: '198.51.100.100',
      now: 1559731985,
      cookie: '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
    },
    {
      name: 'A.2, renewed',
      secret: SECRET,
      address: '198.51.100.100',
      now: 1559734385,
      cookie: '2464c4abcf10c957010000005cf7a871d4a564a1442aca77',
    },
    {
      name: 'A.3, of another client',
      secret: SECRET,
      address: '203.0.113.203',
      now: 1559734700,
      cookie: 'fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e',
    },
    {
      name: 'A.4, for IPv6 by the new secret',
      secret: NEW_SECRET,
      address: '2001:db8:220:1:59de:d0f4:8769:82b8',
      now: 1559741961,
      cookie: '22681ab97d52c298010000005cf7c609a6bb79d16625507a',
    },
  ])('are made: $name', ({ secret, address, now, cookie }) => {
    const made = wholeCookie(aJar({ secrets: [secret], now }), cookie.slice(0, 16), octetsOf(address));
    expect(made.toString('hex')).toBe(cookie);
  });

  it.each([
    {
      name: 'A.2, after 40 minutes',
      address: '198.51.100.100',
      now: 1559734385,
      cookie: '2464c4abcf10c957010000005cf79f111f8130c3eee29480',
      expected: 'stale',
    },
    {
      name: 'A.3, with reserved octets that another server set, when it was made',
      address: '203.0.113.203',
      now: 1559727985,
      cookie: 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
      expected: 'valid',
    },
    {
      name: 'A.3, when it came back, after nearly two hours',
      address: '203.0.113.203',
      now: 1559734700,
      cookie: 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5',
      expected: 'bad',
    },
    {
      name: 'A.4, by the old secret',
      secrets: [NEW_SECRET, OLD_SECRET],
      address: '2001:db8:220:1:59de:d0f4:8769:82b8',
      now: 1559741961,
      cookie: '22681ab97d52c298010000005cf7c57926556bd0934c72f8',
      expected: 'valid',
    },
    {
      name: 'A.4, when the old secret is gone',
      secrets: [NEW_SECRET],
      address: '2001:db8:220:1:59de:d0f4:8769:82b8',
      now: 1559741961,
      cookie: '22681ab97d52c298010000005cf7c57926556bd0934c72f8',
      expected: 'bad',
    },
  ])('are verified: $name', ({ secrets = [SECRET], address, now, cookie, expected }) => {
    expect(aJar({ secrets, now }).verify(hex(cookie), octetsOf(address))).toBe(expected);
  });
});

describe('a cookie', () => {
  it('of 8 octets is that of a client alone', () => {
    expect(aJar().verify(hex('0011223344556677'), CLIENT)).toBe('client-only');
  });

  it.each([
    ['made just now', 0, 'valid'],
    ['30 minutes old', 1_800, 'valid'],
    ['over 30 minutes old', 1_801, 'stale'],
    ['an hour old', 3_600, 'stale'],
    ['over an hour old', 3_601, 'bad'],
    ['5 minutes ahead', -300, 'valid'],
    ['over 5 minutes ahead', -301, 'bad'],
  ])('%s is %s', (_name, age, expected) => {
    const cookie = wholeCookie(aJar({ now: NOW - age }), '0011223344556677', CLIENT);
    expect(aJar().verify(cookie, CLIENT)).toBe(expected);
  });

  it('is valid across the day when its 32 bits of time begin anew', () => {
    const before = wholeCookie(aJar({ now: 2 ** 32 - 10 }), '0011223344556677', CLIENT);
    expect(aJar({ now: 2 ** 32 + 10 }).verify(before, CLIENT)).toBe('valid');
    expect(aJar({ now: 2 ** 32 + 3_600 }).verify(before, CLIENT)).toBe('bad');
  });

  it.each([16, 23, 25, 40])('with a server cookie of another kind, %i octets in all, is bad', (length) => {
    const ours = wholeCookie(aJar(), '0011223344556677', CLIENT);
    expect(aJar().verify(Buffer.concat([ours, Buffer.alloc(16)], 40).subarray(0, length), CLIENT)).toBe('bad');
  });

  it('of a version that is not known is bad, even with our signature', () => {
    const cookie = wholeCookie(aJar(), '0011223344556677', CLIENT);
    cookie[8] = 2;
    const signed = Buffer.concat([cookie.subarray(0, 16), CLIENT]);
    sipHash24(sipKey(hex(SECRET)), signed, cookie.subarray(16));
    expect(aJar().verify(cookie, CLIENT)).toBe('bad');
  });

  it('of another address is bad', () => {
    const ours = wholeCookie(aJar(), '0011223344556677', CLIENT);
    expect(aJar().verify(ours, octetsOf('192.0.2.2'))).toBe('bad');
    expect(aJar().verify(ours, octetsOf('2001:db8::1'))).toBe('bad');
  });

  it('is bad with any one bit changed', () => {
    const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), address, fc.nat(24 * 8 - 1), (client, from, bit) => {
        const jar = aJar();
        const cookie = wholeCookie(jar, Buffer.from(client).toString('hex'), from);
        expect(jar.verify(cookie, from)).toBe('valid');
        cookie[bit >> 3] = (cookie[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(jar.verify(cookie, from)).toBe('bad');
      }),
    );
  });

  it('is signed by the first secret and understood by a jar that has it anywhere', () => {
    const cookie = wholeCookie(aJar({ secrets: [NEW_SECRET, OLD_SECRET] }), '0011223344556677', CLIENT);
    expect(aJar({ secrets: [OLD_SECRET, NEW_SECRET] }).verify(cookie, CLIENT)).toBe('valid');
    expect(aJar({ secrets: [OLD_SECRET] }).verify(cookie, CLIENT)).toBe('bad');
  });

  it('needs a jar with a secret', () => {
    expect(() => aJar({ secrets: [] })).toThrow('a cookie jar needs at least one secret');
  });
});
