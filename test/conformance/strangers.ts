import { expect } from 'vitest';
import { aHeader, aQuery, aRecord, FLAG, RCODE, TYPE, words } from '../support/dns-wire.ts';
import { type ConformanceCase, expectError, expectHost, expectRefused, HOST, HOST_ADDRESS, ZONE } from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const { FORMERR, NOTIMP, REFUSED, NOTAUTH } = RCODE;
const opcode = (number: number): number => number << 11;

/** research/reliability.md section 2.2, F: what strangers have no right to, and opcodes, classes and types that are not served. */
export const STRANGERS: readonly ConformanceCase[] = [
  {
    id: 'F01',
    what: 'AXFR over UDP: an error, no data',
    source: 'RFC 5936 4.2',
    run: async (server) => {
      const reply = await server.send(aQuery(ZONE, { type: TYPE.AXFR }));
      expectError(reply, FORMERR, NOTIMP, REFUSED, NOTAUTH);
    },
  },
  {
    id: 'F02',
    what: 'IXFR over UDP from a stranger: an error, or the current SOA alone',
    source: 'RFC 1995 2',
    run: async (server) => {
      const soa = Buffer.concat([Buffer.alloc(2), words(0, 1, 0, 0, 0, 0, 0, 0, 0, 0)]);
      const query = aQuery(ZONE, {
        type: TYPE.IXFR,
        counts: [1, 0, 1, 0],
        tail: aRecord(ZONE, { type: TYPE.SOA, data: soa }),
      });
      const reply = await server.send(query);
      if (reply?.rcode === RCODE.NOERROR) expect(reply.answers.map(({ type }) => type)).toEqual([TYPE.SOA]);
      else expectError(reply, FORMERR, NOTIMP, REFUSED, NOTAUTH);
    },
  },
  {
    id: 'F03',
    what: 'the opcodes IQUERY, STATUS, 3 and 15: NOTIMP, opcode echoed',
    source: 'RFC 8906 8.1, RFC 3425',
    run: async (server) => {
      for (const number of [1, 2, 3, 15]) {
        const reply = await server.send(aQuery(HOST, { flags: opcode(number) }));
        expectError(reply, NOTIMP);
        expect(reply?.opcode).toBe(number);
      }
    },
  },
  {
    id: 'F04',
    what: 'an unknown opcode, header alone: NOTIMP or FORMERR',
    source: 'RFC 8906 8.1',
    run: async (server) => expectError(await server.send(aHeader({ flags: opcode(15) })), NOTIMP, FORMERR),
  },
  {
    id: 'F05',
    what: 'UPDATE from a stranger: NOTIMP, REFUSED or NOTAUTH, and nothing changes',
    source: 'RFC 2136 3',
    run: async (server) => {
      const added = aRecord(`added.${ZONE}`, { type: TYPE.A, ttl: 60, data: Buffer.of(192, 0, 2, 99) });
      const update = aQuery(ZONE, { type: TYPE.SOA, flags: opcode(5), counts: [1, 0, 1, 0], tail: added });
      expectError(await server.send(update), NOTIMP, REFUSED, NOTAUTH);
      expect((await server.ask(`added.${ZONE}`)).rcode).toBe(RCODE.NXDOMAIN);
    },
  },
  {
    id: 'F06',
    what: 'NOTIFY from a stranger: an error, opcode echoed',
    source: 'RFC 1996 3.10',
    run: async (server) => {
      const reply = await server.send(aQuery(ZONE, { type: TYPE.SOA, flags: opcode(4) | FLAG.AA }));
      expectError(reply, NOTIMP, REFUSED, NOTAUTH, FORMERR);
      expect(reply?.opcode).toBe(4);
    },
  },
  {
    id: 'F22',
    what: 'version.bind in class CH: REFUSED, or CH data; never IN data',
    source: 'RFC 4892, RFC 8906 8.1',
    run: async (server) => {
      const reply = await server.ask('version.bind', { type: TYPE.TXT, class: 3 });
      if (reply.rcode !== RCODE.NOERROR) expectRefused(reply);
      else expect(new Set(reply.answers.map((record) => record.class))).toEqual(new Set([3]));
    },
  },
  {
    id: 'F23',
    what: 'the host in the classes CH, HS, 2 and 0: no IN data, no NXDOMAIN by authority',
    source: 'RFC 1034 3.6',
    run: async (server) => {
      for (const other of [3, 4, 2, 0]) {
        const reply = await server.send(aQuery(HOST, { class: other }));
        expect(reply?.answers ?? [], `class ${other}`).toEqual([]);
        if (reply?.rcode === RCODE.NXDOMAIN) expect(reply.authoritative).toBe(false);
        if (server.strict) expectRefused(await server.ask(HOST, { class: other }));
      }
    },
  },
  {
    id: 'F24',
    what: 'class ANY: an error, or the data',
    source: 'RFC 1035 3.2.5',
    run: async (server) => {
      const reply = await server.ask(HOST, { class: 255 });
      if (reply.rcode === RCODE.NOERROR) expect(reply.answers.map(({ text }) => text)).toEqual([HOST_ADDRESS]);
      else expectError(reply, FORMERR, NOTIMP, REFUSED);
    },
  },
  {
    id: 'F25',
    what: 'the types OPT, TSIG, TKEY and 0: an error or NODATA',
    source: 'RFC 6895 3.1',
    run: (server) => expectNothingFor(server, [TYPE.OPT, TYPE.TSIG, TYPE.TKEY, 0]),
  },
  {
    id: 'F26',
    what: 'the types MAILB and MAILA: an error or NODATA',
    source: 'RFC 6895 3.1',
    run: (server) => expectNothingFor(server, [TYPE.MAILB, TYPE.MAILA]),
  },
  {
    id: 'F27',
    what: 'TSIG by an unknown key: NOTAUTH, FORMERR, or the data without a signature',
    source: 'RFC 8945 5.2',
    run: async (server) => {
      const reply = await server.send(aQuery(HOST, { additionals: [aTsig()] }));
      if (reply?.rcode === RCODE.NOERROR) expectHost(reply);
      else expectError(reply, NOTAUTH, FORMERR);
    },
  },
  {
    id: 'F35',
    what: 'the types 256, 32768, 65534 and 65535, and the root with A, ANY, DS and 65535: NODATA or REFUSED',
    source: 'past one-packet crashes of others',
    run: async (server) => {
      for (const type of [256, 32_768, 65_534, 65_535]) {
        const reply = await server.ask(HOST, { type });
        expectError(reply, RCODE.NOERROR, REFUSED);
      }
      for (const type of [TYPE.A, TYPE.ANY, TYPE.DS, 65_535]) expectRefused(await server.ask('', { type }));
    },
  },
];

async function expectNothingFor(server: ServerUnderTest, types: readonly number[]): Promise<void> {
  for (const type of types) {
    const reply = await server.send(aQuery(HOST, { type }));
    expectError(reply, RCODE.NOERROR, FORMERR, NOTIMP, REFUSED, NOTAUTH);
  }
  await server.expectAlive();
}

/** RFC 8945 section 4.2, by a key that nobody has. */
function aTsig(): Buffer {
  const algorithm = Buffer.from('\x0bhmac-sha256\x00', 'latin1');
  const now = Math.floor(Date.now() / 1_000);
  const times = words(0, Math.floor(now / 0x1_0000), now & 0xffff, 300);
  const data = Buffer.concat([algorithm, times, words(32), Buffer.alloc(32, 7), words(0x1234, 0, 0)]);
  const owner = Buffer.from('\x07nobodys\x03key\x00', 'latin1');
  return Buffer.concat([owner, words(TYPE.TSIG, 255, 0, 0, data.length), data]);
}
