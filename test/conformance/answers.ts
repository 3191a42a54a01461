import { expect } from 'vitest';
import { FLAG, RCODE, TYPE, wireName } from '../support/dns-wire.ts';
import {
  type ConformanceCase,
  expectAnswer,
  expectHost,
  expectNoData,
  expectNxdomain,
  expectRefused,
  HOST,
  HOST_ADDRESS,
  mixedCase,
  NEGATIVE_TTL,
  ZONE,
} from './case.ts';

/** research/reliability.md section 2.2, A: what is answered to an ordinary query. */
export const ANSWERS: readonly ConformanceCase[] = [
  {
    id: 'A01',
    what: 'apex SOA: NOERROR, AA, one SOA, owned by the zone',
    source: 'RFC 1035 3.3.13',
    run: async (server) => {
      const reply = await server.ask(ZONE, { type: TYPE.SOA });
      expect(reply).toMatchObject({ rcode: RCODE.NOERROR, authoritative: true });
      expect(reply.answers.map(({ owner, type }) => ({ owner, type }))).toEqual([{ owner: ZONE, type: TYPE.SOA }]);
      expect(reply.answers[0]?.text).toMatch(/^ns1\.example\.test hostmaster\.example\.test \d+ \d+ \d+ \d+ 30$/);
    },
  },
  {
    id: 'A02',
    what: 'apex NS: NOERROR, AA, the name server',
    source: 'RFC 1034 4.2.1',
    run: async (server) => expectAnswer(await server.ask(ZONE, { type: TYPE.NS }), TYPE.NS, `ns1.${ZONE}`),
  },
  {
    id: 'A03',
    what: 'host A: NOERROR, AA, its A records, class IN, none twice',
    source: 'RFC 2181 5',
    run: async (server) => expectHost(await server.ask(HOST)),
  },
  {
    id: 'A04',
    what: 'one TTL within an RRset',
    source: 'RFC 2181 5.2',
    run: async (server) => {
      const reply = await server.ask(`mail.${ZONE}`, { type: TYPE.MX });
      expectAnswer(reply, TYPE.MX, `10 mx1.${ZONE}`, `20 mx2.${ZONE}`);
      expect(reply.answers.map(({ ttl }) => ttl)).toEqual([300, 300]);
    },
  },
  {
    id: 'A05',
    what: 'AAAA of a host that has none: NODATA with SOA',
    source: 'RFC 2308 2.2',
    run: async (server) => expectNoData(await server.ask(`mx1.${ZONE}`, { type: TYPE.AAAA })),
  },
  {
    id: 'A06',
    what: 'TXT of a host that has none: NODATA with SOA',
    source: 'RFC 2308 2.2',
    run: async (server) => expectNoData(await server.ask(HOST, { type: TYPE.TXT })),
  },
  {
    id: 'A07',
    what: 'HTTPS (65) of a host that has none: NODATA, neither NOTIMP nor silence',
    source: 'RFC 9460, RFC 8906 8.1',
    run: async (server) => expectNoData(await server.ask(HOST, { type: TYPE.HTTPS })),
  },
  {
    id: 'A08',
    what: 'SVCB, CAA, DS, TLSA of a host that has none: NODATA each',
    source: 'RFC 8906 8.1',
    run: async (server) => {
      for (const type of [TYPE.SVCB, TYPE.CAA, TYPE.DS, TYPE.TLSA]) expectNoData(await server.ask(HOST, { type }));
    },
  },
  {
    id: 'A09',
    what: 'unknown types 1000 and 65280: NODATA with SOA',
    source: 'RFC 3597 2, RFC 8906 8.1',
    run: async (server) => {
      for (const type of [1_000, 65_280]) expectNoData(await server.ask(HOST, { type }));
    },
  },
  {
    id: 'A10',
    what: 'a name that is not there: NXDOMAIN, AA, SOA in authority',
    source: 'RFC 2308 2.1',
    run: async (server) => expectNxdomain(await server.ask(`nothing.${ZONE}`)),
  },
  {
    id: 'A11',
    what: 'NXDOMAIN for every type (AAAA, MX, 65280)',
    source: 'RFC 8020',
    run: async (server) => {
      for (const type of [TYPE.AAAA, TYPE.MX, 65_280]) expectNxdomain(await server.ask(`nothing.${ZONE}`, { type }));
    },
  },
  {
    id: 'A12',
    what: 'a name below an existing host: NXDOMAIN',
    source: 'RFC 8020',
    run: async (server) => expectNxdomain(await server.ask(`below.${HOST}`)),
  },
  {
    id: 'A13',
    what: 'the SOA of a negative answer has a TTL of at most its own and its MINIMUM',
    source: 'RFC 2308 3',
    run: async (server) => {
      const replies = [await server.ask(`nothing.${ZONE}`), await server.ask(HOST, { type: TYPE.TXT })];
      for (const { authorities } of replies) expect(authorities[0]?.ttl).toBeLessThanOrEqual(NEGATIVE_TTL);
    },
  },
  {
    id: 'A14',
    what: 'empty non-terminal: NODATA, not NXDOMAIN',
    source: 'RFC 4592 2.2.2, RFC 8020',
    run: async (server) => expectNoData(await server.ask(`ent.${ZONE}`)),
  },
  {
    id: 'A15',
    what: 'a name beside the one below the empty non-terminal: NXDOMAIN',
    source: 'RFC 4592',
    run: async (server) => {
      expectAnswer(await server.ask(`leaf.ent.${ZONE}`), TYPE.A, '192.0.2.40');
      expectNxdomain(await server.ask(`other.ent.${ZONE}`));
    },
  },
  {
    id: 'A16',
    what: 'wildcard: the answer is owned by the name asked',
    source: 'RFC 4592 3.3',
    run: async (server) => {
      const reply = await server.ask(`any.wild.${ZONE}`);
      expectAnswer(reply, TYPE.A, '192.0.2.30');
      expect(reply.answers[0]?.owner).toBe(`any.wild.${ZONE}`);
    },
  },
  {
    id: 'A17',
    what: 'wildcard: it stands for several labels',
    source: 'RFC 4592 2.1',
    run: async (server) => {
      const reply = await server.ask(`a.b.c.wild.${ZONE}`, { type: TYPE.TXT });
      expectAnswer(reply, TYPE.TXT, '"from the wildcard"');
      expect(reply.answers[0]?.owner).toBe(`a.b.c.wild.${ZONE}`);
    },
  },
  {
    id: 'A18',
    what: 'wildcard: a type that it lacks is NODATA with SOA',
    source: 'RFC 4592 2.2.1',
    run: async (server) => expectNoData(await server.ask(`any.wild.${ZONE}`, { type: TYPE.AAAA })),
  },
  {
    id: 'A19',
    what: "wildcard's parent itself: NODATA",
    source: 'RFC 4592 2.2.2',
    run: async (server) => expectNoData(await server.ask(`wild.${ZONE}`)),
  },
  {
    id: 'A20',
    what: "CNAME: an A query brings the CNAME and its target's A",
    source: 'RFC 1034 4.3.2',
    run: async (server) => {
      const reply = await server.ask(`alias.${ZONE}`);
      expect(reply).toMatchObject({ rcode: RCODE.NOERROR, authoritative: true });
      expect(reply.answers.map(({ owner, type, text }) => [owner, type, text])).toEqual([
        [`alias.${ZONE}`, TYPE.CNAME, HOST],
        [HOST, TYPE.A, HOST_ADDRESS],
      ]);
    },
  },
  {
    id: 'A21',
    what: 'CNAME: a CNAME query brings the CNAME alone',
    source: 'RFC 1034 4.3.2',
    run: async (server) => expectAnswer(await server.ask(`alias.${ZONE}`, { type: TYPE.CNAME }), TYPE.CNAME, HOST),
  },
  {
    id: 'A22',
    what: 'a name outside the zone: REFUSED, AA clear, no records',
    source: 'RFC 1035, RFC 8499',
    run: async (server) => expectRefused(await server.ask('www.example.com')),
  },
  {
    id: 'A23',
    what: 'the root and the parent: REFUSED, no upward referral',
    source: 'BCP 140',
    run: async (server) => {
      for (const name of ['', 'test']) expectRefused(await server.ask(name, { type: TYPE.NS }));
    },
  },
  {
    id: 'A24',
    what: 'a name that only ends like the zone, without a label border: REFUSED',
    source: 'RFC 1034 3.1',
    run: async (server) => expectRefused(await server.ask(`not${ZONE}`)),
  },
  {
    id: 'A25',
    what: 'a dot inside a label is no label border: the host asked as one label is not the host',
    source: 'RFC 2181 11',
    run: async (server) => {
      expectRefused(await server.ask(wireName([HOST])));
      expectRefused(await server.ask(wireName(['shop.example', 'test'])));
      expectNxdomain(await server.ask(wireName(['leaf.ent', 'example', 'test'])));
    },
  },
  {
    id: 'A26',
    what: 'letter case does not matter and comes back as it was sent (0x20)',
    source: 'RFC 4343, RFC 5452',
    run: async (server) => {
      for (const name of [mixedCase(HOST), HOST.toUpperCase()]) expectHost(await server.ask(name));
    },
  },
  {
    id: 'A27',
    what: 'so it does with NXDOMAIN',
    source: 'RFC 4343',
    run: async (server) => expectNxdomain(await server.ask(mixedCase(`nothing.${ZONE}`))),
  },
  {
    id: 'A28',
    what: 'RD is copied, RA is clear, both ways',
    source: 'RFC 1035 4.1.1',
    run: async (server) => {
      for (const flags of [0, FLAG.RD]) {
        const reply = await server.ask(HOST, { flags });
        expectHost(reply);
        expect(reply.flags & (FLAG.RD | FLAG.RA)).toBe(flags);
      }
    },
  },
  {
    id: 'A29',
    what: 'the reserved header bit: answered normally, clear in the reply',
    source: 'RFC 8906 8.1',
    run: async (server) => {
      const reply = await server.ask(HOST, { flags: FLAG.Z });
      expectHost(reply);
      expect(reply.flags & FLAG.Z).toBe(0);
    },
  },
  {
    id: 'A30',
    what: 'AD and CD: answered normally, AD clear as nothing was validated',
    source: 'RFC 8906 8.1, RFC 4035 3.1.6',
    run: async (server) => {
      for (const flags of [FLAG.AD, FLAG.CD, FLAG.AD | FLAG.CD]) {
        const reply = await server.ask(HOST, { flags });
        expectHost(reply);
        expect(reply.flags & FLAG.AD).toBe(0);
      }
    },
  },
  {
    id: 'A31',
    what: 'AA, RA, TC or an rcode in a query: ignored, none of them copied',
    source: 'RFC 1035 4.1.1',
    exceptions: { nsd: 'answers FORMERR to an rcode or TC in a query' },
    run: async (server) => {
      for (const flags of [FLAG.AA, FLAG.RA, FLAG.TC, 0x0001, 0x000f]) {
        const reply = await server.ask(HOST, { flags });
        expectHost(reply);
        expect(reply.flags).toBe(FLAG.QR | FLAG.AA);
      }
    },
  },
  {
    id: 'A32',
    what: 'ANY is no amplifier: one RRset, or HINFO, or TC, or an error; not the whole node over UDP',
    source: 'RFC 8482',
    run: async (server) => {
      const reply = await server.ask(HOST, { type: TYPE.ANY });
      expect(new Set(reply.answers.map(({ type }) => type)).size).toBeLessThanOrEqual(1);
      const big = await server.ask(`big.${ZONE}`, { type: TYPE.ANY, edns: { size: 4_096 } });
      expect(big.octets.length).toBeLessThanOrEqual(1_232);
    },
  },
  {
    id: 'A33',
    what: 'ANY at a name that is not there: NXDOMAIN',
    source: 'RFC 8482',
    run: async (server) => expectNxdomain(await server.ask(`nothing.${ZONE}`, { type: TYPE.ANY })),
  },
  {
    id: 'A34',
    what: 'DNSKEY and NSEC3PARAM at the apex of an unsigned zone: NODATA',
    source: 'RFC 2308',
    run: async (server) => {
      for (const type of [TYPE.DNSKEY, TYPE.NSEC3PARAM]) expectNoData(await server.ask(ZONE, { type }));
    },
  },
  {
    id: 'A35',
    what: 'the SOA is the same over UDP and TCP',
    source: 'RFC 7766 5',
    run: async (server) => {
      const [udp, tcp] = await Promise.all([
        server.ask(ZONE, { type: TYPE.SOA }),
        server.ask(ZONE, { type: TYPE.SOA, via: 'tcp' }),
      ]);
      expect(tcp.answers[0]?.text).toBe(udp.answers[0]?.text);
    },
  },
  {
    id: 'A36',
    what: '20 repeats: each whole, none empty, the TTL always the same',
    source: 'RFC 2181 5.2',
    run: async (server) => {
      const replies = await Promise.all(Array.from({ length: 20 }, () => server.ask(HOST)));
      for (const reply of replies) expectHost(reply);
      expect(new Set(replies.flatMap(({ answers }) => answers.map(({ ttl }) => ttl)))).toEqual(new Set([300]));
    },
  },
];
