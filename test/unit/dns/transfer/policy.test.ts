import { describe, expect, it } from 'vitest';
import { tsigKey } from '../../../../src/planes/dns/transfer/keys.ts';
import { mayTransfer } from '../../../../src/planes/dns/transfer/policy.ts';
import { KEY, SECRET } from './support.ts';

const OTHER = tsigKey('other', 'hmac-sha256', SECRET);
const secondaries = [
  { address: { host: '192.0.2.1', port: 53 }, key: KEY },
  { address: { host: '192.0.2.2', port: 5_353 } },
  { address: { host: '2001:db8::1', port: 53 }, key: KEY },
  { address: { host: '2001:db8::1', port: 54 }, key: OTHER },
];

describe('who may have the zone', () => {
  it.each([
    ['192.0.2.1', KEY, true],
    ['192.0.2.1', OTHER, false],
    ['192.0.2.1', undefined, false],
    ['192.0.2.2', undefined, true],
    ['192.0.2.2', OTHER, true],
    ['192.0.2.3', KEY, false],
    ['2001:DB8:0::1', KEY, true],
    ['2001:db8::1', OTHER, true],
    ['2001:db8::1', undefined, false],
    ['::ffff:192.0.2.2', undefined, true],
    ['', KEY, false],
    ['secondary.example.test', KEY, false],
  ])('%s with %o: %s', (address, key, expected) => {
    expect(mayTransfer({ address, key }, secondaries)).toBe(expected);
  });

  it('is nobody when nobody is listed', () => {
    expect(mayTransfer({ address: '127.0.0.1', key: KEY }, [])).toBe(false);
  });
});
