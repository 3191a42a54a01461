import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ClientAddress } from '../../../src/planes/dns/limits/address-octets.ts';
import { NO_REGIONS, regionTable } from '../../../src/planes/dns/regions.ts';

/** Made by test/support/geo/make-countries.py. */
const FILE = readFileSync(new URL('../../support/geo/countries.mmdb', import.meta.url));

function client(text: string): ClientAddress {
  const address = new ClientAddress();
  if (!address.parse(text)) throw new Error(`${text} is no address`);
  return address;
}

describe('regions of clients', () => {
  const table = regionTable({
    networks: { office: ['192.0.2.8/29'], far: ['203.0.113.0/24'] },
    file: { content: FILE, countries: { CH: 'alps' }, continents: { EU: 'europe' } },
  });

  it.each([
    ['a network of the settings wins over the file', '192.0.2.9', 'office', 29],
    ['a network of the settings alone', '203.0.113.1', 'far', 24],
    ['a country wins over its continent', '192.0.2.200', 'alps', 25],
    ['a continent', '192.0.2.100', 'europe', 26],
    ['a continent over IPv6', '2001:db8:a::1', 'europe', 48],
    ['a country that the settings do not name', '198.51.100.1', undefined, 24],
  ])('%s', (_what, address, region, least) => {
    const found = table.lookup(client(address));
    expect(found.region).toBe(region);
    // The scope is at least what tells this network from its neighbours.
    expect(found.prefixLength).toBeGreaterThanOrEqual(least);
  });

  it('says for how many addresses the answer holds', () => {
    const octets = client('192.0.2.100').octets;
    const { region, prefixLength } = table.lookup(client('192.0.2.100'));
    const last = octets[3] ?? 0;
    for (let other = 0; other < 256; other += 1) {
      const sharesPrefix = (other ^ last) >> (32 - prefixLength) === 0;
      if (sharesPrefix) expect(table.lookup(client(`192.0.2.${other}`)).region).toBe(region);
    }
  });

  it('is nowhere when the settings know no regions', () => {
    expect(regionTable({ networks: {} })).toBe(NO_REGIONS);
    expect(NO_REGIONS.lookup(client('192.0.2.1'))).toEqual({ region: undefined, prefixLength: 0 });
  });

  it('refuses what is no MaxMind file', () => {
    expect(() =>
      regionTable({ networks: {}, file: { content: Buffer.from('no'), countries: {}, continents: { EU: 'europe' } } }),
    ).toThrow();
  });
});
