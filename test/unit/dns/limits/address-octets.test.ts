import { isIP } from 'node:net';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../../src/planes/dns/limits/address-octets.ts';

const parse = (text: string) => {
  const address = new ClientAddress();
  if (!address.parse(text)) return undefined;
  return { family: address.family, octets: [...address.octets] };
};

const expectedOf = (text: string) => {
  // `process` turns ::ffff:192.0.2.1 into the IPv4 address that it is.
  const address = ipaddr.process(text);
  return { family: address.kind() === 'ipv4' ? 4 : 6, octets: address.toByteArray() };
};

/** Half of all groups are zero, so that there are runs to leave out. */
const groups = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 });

describe('the address of a client', () => {
  it.each([
    ['192.0.2.1', 4, '192.0.2.1'],
    ['0.0.0.0', 4, '0.0.0.0'],
    ['255.255.255.255', 4, '255.255.255.255'],
    ['::ffff:192.0.2.1', 4, '192.0.2.1'],
    ['::FFFF:c000:0201', 4, '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', 4, '192.0.2.1'],
    ['::', 6, '::'],
    ['::1', 6, '::1'],
    ['1::', 6, '1::'],
    ['fe80::1%eth0', 6, 'fe80::1'],
    ['2001:DB8::A', 6, '2001:db8::a'],
    ['64:ff9b::192.0.2.1', 6, '64:ff9b::c000:201'],
    ['::192.0.2.1', 6, '::c000:201'],
    ['1:2:3:4:5:6:7:8', 6, '1:2:3:4:5:6:7:8'],
    ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', 6, '0:2:3:4:5:6:7:8'],
  ])('is read: %s', (text, family, same) => {
    expect(parse(text)).toEqual({ family, octets: ipaddr.parse(same).toByteArray() });
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.4%eth0',
    ' 1.2.3.4',
    '1.2.3.4:53',
    ':',
    ':::',
    '::1::',
    '1:',
    ':1',
    '1::2:',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
    '12345::',
    '::g',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    '[::1]',
  ])('is none: %j', (text) => {
    expect(parse(text)).toBeUndefined();
  });

  it('is read as ipaddr.js reads it, IPv4', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parse(text)).toEqual(expectedOf(text));
      }),
    );
  });

  it('is read as ipaddr.js reads it, IPv6 in any of its forms', () => {
    // It takes ::192.0.2.1 for ::ffff:192.0.2.1, which RFC 4291 section 2.5.5.1 does not.
    const others = fc.ipV6().filter((text) => !/^::[0-9]+\./.test(text));
    const written = groups.map((parts) => new ipaddr.IPv6(parts));
    fc.assert(
      fc.property(fc.oneof(others, written.map(String)), written, (text, address) => {
        expect(parse(text)).toEqual(expectedOf(text));
        const padded = address.parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
        for (const form of [address.toNormalizedString(), address.toRFC5952String(), padded, padded.toUpperCase()]) {
          expect(parse(form)).toEqual(expectedOf(form));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is what the platform calls an address, and nothing else', () => {
    const parts = fc.constantFrom('0', '1', '12', '255', '256', 'ffff', 'FFFFF', ':', '::', '.', '1.2.3.4', 'g', ' ');
    const texts = fc.array(parts, { maxLength: 16 }).map((list) => list.join(''));
    const separated = fc
      .array(fc.constantFrom('', '0', 'a', 'ffff', '1.2.3.4'), { minLength: 1, maxLength: 9 })
      .map((list) => list.join(':'));
    fc.assert(
      fc.property(fc.oneof(texts, separated), (text) => {
        expect(parse(text) !== undefined, text).toBe(isIP(text) !== 0);
      }),
      { numRuns: 5_000 },
    );
  });

  it('leaves nothing of the one before', () => {
    const address = new ClientAddress();
    const texts = ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::1', '9.9.9.9', '::ffff:8.8.8.8', '2001:db8::'];
    for (const text of texts) {
      expect(address.parse(text)).toBe(true);
      expect([...address.octets]).toEqual(expectedOf(text).octets);
      expect(address.bits).toBe(address.octets.length * 8);
    }
  });
});
