import { describe, expect, it } from 'vitest';
import { cdnskeyData, cdsData, dsData, dsLine } from '../../../../src/planes/dns/dnssec/ds.ts';
import { generateKey, keyTag, signingKey } from '../../../../src/planes/dns/dnssec/signing-key.ts';

/** RFC 6605 section 6.1. */
const scalar = Buffer.from('GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=', 'base64');
const DIGEST = 'b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17';

describe('the key tag', () => {
  it('is that of the example of RFC 4034 section 5.4', () => {
    const publicKey =
      'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBa' +
      'MbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';
    expect(keyTag(Buffer.concat([Buffer.of(1, 0, 3, 5), Buffer.from(publicKey, 'base64')]))).toBe(60_485);
  });

  it('takes a last octet without a partner, and adds what runs over', () => {
    expect(keyTag(Buffer.of(0x01, 0x02, 0xff))).toBe(0x0003);
  });
});

describe('the DS record', () => {
  const key = signingKey({ zone: 'example.net', scalar, state: 'active' });

  it('is that of the example of RFC 6605', () => {
    expect(dsLine(key)).toBe(`example.net. 3600 IN DS 55648 13 2 ${DIGEST}`);
    expect(dsData(key).toString('hex')).toBe(`${(55_648).toString(16)}0d02${DIGEST}`);
  });

  it('does not depend on the case in which the zone was written, nor on a dot at the end', () => {
    expect(dsLine(signingKey({ zone: 'Example.NET.', scalar, state: 'active' }))).toBe(dsLine(key));
  });

  it('is repeated as CDS, and the key as CDNSKEY', () => {
    expect(cdsData(key)).toEqual(dsData(key));
    expect(cdnskeyData(key)).toEqual(key.dnskeyData);
  });

  it('is refused for a zone whose name is none', () => {
    expect(() => generateKey('example..test')).toThrow(
      '"example..test" is no name of a zone: write it like example.test',
    );
  });
});
