import { describe, expect, it } from 'vitest';
import { ZoneSigner } from '../../../../src/planes/dns/dnssec/signer.ts';
import { generateKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';
import { TYPE } from '../../../../src/planes/dns/wire/constants.ts';
import { verifies, wire } from './support.ts';

const DAY = 86_400;

describe('a signer of a zone', () => {
  const published = generateKey('example.test', 'published');
  const active = generateKey('example.test');
  let now = 1_800_000_000;
  const signer = new ZoneSigner({ zone: 'Example.test', keys: [published, active], now: () => now });
  const set = { owner: wire('a.example.test'), type: TYPE.A, ttlSeconds: 5, data: [Buffer.of(192, 0, 2, 1)] };

  it('signs with the active key and shows all of them', () => {
    const { rrsigData } = signer.sign(set);
    expect(rrsigData.readUInt16BE(16)).toBe(active.keyTag);
    expect(verifies(rrsigData, active.publicKey, set)).toBe(true);
    expect(signer.dnskeys()).toEqual([published.dnskeyData, active.dnskeyData]);
  });

  it('says when a signature is to be made anew', () => {
    const signature = signer.sign(set);
    now += 4 * DAY;
    expect(signer.isStale(signature)).toBe(false);
    now += 1;
    expect(signer.isStale(signature)).toBe(true);
    expect(signer.isStale(signer.sign(set))).toBe(false);
  });

  it.each([
    ['none', [published]],
    ['two', [active, generateKey('example.test')]],
  ])('refuses keys of which %s is active', (_, keys) => {
    expect(() => new ZoneSigner({ zone: 'example.test', keys, now: () => now })).toThrow('exactly one signs');
  });
});
