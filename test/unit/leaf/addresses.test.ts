import { describe, expect, it } from 'vitest';
import { isAllowedAddress } from '../../../src/lib/allowed-address.ts';
import { loadBalancerReach } from '../../../src/planes/leaf/addresses.ts';
import { aLeaf } from './builders.ts';

describe('the addresses of a leaf', () => {
  it.each([
    ['none', [], [], []],
    [
      'addresses, sorted and once each',
      [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }, { ip: '10.0.0.2' }],
      ['10.0.0.1', '10.0.0.2'],
      [],
    ],
    ['an IPv6 address', [{ ip: '2001:db8::1' }], ['2001:db8::1'], []],
    ['a hostname', [{ hostname: 'lb.example.net' }], [], ['lb.example.net']],
    ['both', [{ ip: '10.0.0.1' }, { hostname: 'lb.example.net' }], ['10.0.0.1'], ['lb.example.net']],
    ['an address written as a hostname', [{ hostname: '10.0.0.1' }], ['10.0.0.1'], []],
    ['nonsense', [{ ip: 'soon' }, {}, { ip: '' }], [], []],
  ])('are read from the status: %s', (_name, entries, addresses, hostnames) => {
    expect(loadBalancerReach(aLeaf(entries))).toEqual({ addresses, hostnames });
  });

  it.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['11.1.2.3', ['10.0.0.0/8'], false],
    ['11.1.2.3', ['10.0.0.0/8', '11.0.0.0/8'], true],
    ['2001:db8::1', ['10.0.0.0/8'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['127.0.0.12', ['127.0.0.0/8'], true],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['203.0.113.9', [], true],
    ['10.1.2.3', [], true],
    ['2001:4860::8888', [], true],
    ['fd00::1', [], true],
    ['127.0.0.1', [], false],
    ['::1', [], false],
    ['::ffff:127.0.0.1', [], false],
    ['169.254.169.254', [], false],
    ['fe80::1', [], false],
    ['224.0.0.1', [], false],
    ['ff02::1', [], false],
    ['0.0.0.0', [], false],
    ['::', [], false],
    ['255.255.255.255', [], false],
  ])('%s within %j is allowed: %s', (address, cidrs, expected) => {
    expect(isAllowedAddress(address, cidrs)).toBe(expected);
  });
});
