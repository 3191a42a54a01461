import { aQuery, TYPE, wireName } from '../support/dns-wire.ts';
import { type ConformanceCase, expectAnswer, expectMalformed, expectNxdomain, ZONE } from './case.ts';

const ZONE_LABELS = ZONE.split('.');
/** Octets that the zone's own labels and the root take of the 255 that a name may have. */
const ZONE_OCTETS = wireName(ZONE_LABELS).length;

/** A name in the zone of so many octets in wire form, of labels as long as may be. */
function nameOf(octets: number): Buffer {
  const labels: string[] = [];
  for (let left = octets - ZONE_OCTETS; left > 0; ) {
    // Never leaves a single octet, which no label fits in.
    const length = Math.min(left - 1, left - 64 === 1 ? 62 : 63);
    labels.push('x'.repeat(length));
    left -= 1 + length;
  }
  return wireName([...labels, ...ZONE_LABELS]);
}

/** research/reliability.md section 2.2, B: names at the limits of what a name may be. */
export const NAMES: readonly ConformanceCase[] = [
  {
    id: 'B01',
    what: 'the longest label (63 octets): NXDOMAIN, question echoed',
    source: 'RFC 1035 2.3.4',
    run: async (server) => expectNxdomain(await server.ask(wireName(['x'.repeat(63), ...ZONE_LABELS]))),
  },
  {
    id: 'B02',
    what: 'a name of exactly 255 octets: NXDOMAIN, no error',
    source: 'RFC 1035 2.3.4',
    run: async (server) => expectNxdomain(await server.ask(nameOf(255))),
  },
  {
    id: 'B03',
    what: 'a name of 256 octets: FORMERR',
    source: 'RFC 1035 2.3.4',
    run: async (server) => expectMalformed(server, aQuery(nameOf(256))),
  },
  {
    id: 'B04',
    what: 'the most labels, of one octet each: NXDOMAIN',
    source: 'RFC 1035 2.3.4',
    run: async (server) => {
      const count = Math.floor((255 - ZONE_OCTETS) / 2);
      expectNxdomain(await server.ask(wireName([...Array.from({ length: count }, () => 'a'), ...ZONE_LABELS])));
    },
  },
  {
    id: 'B05',
    what: 'the octets 0x00, 0x20, 0xff, a quote and a backslash in a label: NXDOMAIN, echoed as they are',
    source: 'RFC 2181 11',
    run: async (server) => {
      for (const octet of [0x00, 0x20, 0xff, 0x22, 0x5c])
        expectNxdomain(await server.ask(wireName([Buffer.of(0x61, octet, 0x62), ...ZONE_LABELS])));
    },
  },
  {
    id: 'B06',
    what: 'only the letters of ASCII have a case: 0xC1 is not 0xE1, [ is not {, and 0x11 is not the digit 1',
    source: 'RFC 4343 3',
    run: async (server) => {
      for (const label of [Buffer.of(0xc1), Buffer.of(0x5b), Buffer.from('mx\x11', 'latin1')])
        expectNxdomain(await server.ask(wireName([label, ...ZONE_LABELS])));
      expectAnswer(await server.ask(wireName(['MX1', ...ZONE_LABELS])), TYPE.A, '192.0.2.25');
    },
  },
  {
    id: 'B07',
    what: 'underscores and hyphens anywhere: NXDOMAIN, no syntax police',
    source: 'RFC 2181 11',
    run: async (server) => {
      for (const label of ['_tcp', '-leading', 'trailing-', '--'])
        expectNxdomain(await server.ask(wireName([label, ...ZONE_LABELS])));
    },
  },
  {
    id: 'B08',
    what: '__proto__, constructor, toString: NXDOMAIN like any other name',
    source: 'look-up table safety',
    run: async (server) => {
      for (const label of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
        expectNxdomain(await server.ask(wireName([label, ...ZONE_LABELS])));
    },
  },
  {
    id: 'B09',
    what: 'compressed names in replies point backwards only, in owners and in data',
    source: 'RFC 1035 4.1.4',
    run: async (server) => {
      // The reader throws for any other pointer.
      await server.ask(ZONE, { type: TYPE.NS, edns: {} });
      await server.ask(`mail.${ZONE}`, { type: TYPE.MX, edns: {} });
      await server.ask(`srv.${ZONE}`, { type: TYPE.SRV, edns: {} });
      await server.ask(`chain.${ZONE}`, { edns: {} });
      await server.ask(`www.sub.${ZONE}`, { edns: {} });
    },
  },
];
