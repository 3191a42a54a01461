import { expect } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { RCODE, TYPE } from '../support/dns-wire.ts';
import {
  type ConformanceCase,
  expectAnswer,
  expectNegative,
  expectNoData,
  expectNxdomain,
  HOST,
  HOST_ADDRESS,
  ZONE,
} from './case.ts';

const DELEGATED = `sub.${ZONE}`;

/** Step 3b of RFC 1034 section 4.3.2: the NS records of the cut without authority, and the addresses below it as glue. */
function expectReferral(reply: Message, cut: string, server: string): void {
  expect(reply).toMatchObject({ rcode: RCODE.NOERROR, authoritative: false, answers: [] });
  expect(reply.authorities.map(({ owner, type, text }) => [owner, type, text])).toEqual([[cut, TYPE.NS, server]]);
}

function expectGlue(reply: Message): void {
  const glue = reply.additionals.map(({ owner, text }) => `${owner} ${text}`);
  expect(glue.toSorted()).toEqual([
    `ns.${DELEGATED} 192.0.2.53`,
    `ns.${DELEGATED} 2001:0db8:0000:0000:0000:0000:0000:0053`,
  ]);
}

/** What a zone file can say and section 2.2 does not ask: delegations, chains of CNAME, wildcards' limits, data of each type. */
export const ZONE_ANSWERS: readonly ConformanceCase[] = [
  {
    id: 'G01',
    what: 'a name below a delegation: referral with glue, AA clear',
    source: 'RFC 1034 4.3.2',
    run: async (server) => {
      for (const name of [`www.${DELEGATED}`, `a.b.c.${DELEGATED}`]) {
        const reply = await server.ask(name, { edns: {} });
        expectReferral(reply, DELEGATED, `ns.${DELEGATED}`);
        expectGlue(reply);
      }
    },
  },
  {
    id: 'G02',
    what: 'the delegation itself, asked for A, NS and SOA: referral, for the child is the authority',
    source: 'RFC 1034 4.3.2, RFC 2181 6.1',
    run: async (server) => {
      for (const type of [TYPE.A, TYPE.NS, TYPE.SOA]) {
        const reply = await server.ask(DELEGATED, { type, edns: {} });
        expectReferral(reply, DELEGATED, `ns.${DELEGATED}`);
        expectGlue(reply);
      }
    },
  },
  {
    id: 'G03',
    what: 'glue asked for by its name: referral, not an answer',
    source: 'RFC 2181 5.4.1',
    run: async (server) => {
      const reply = await server.ask(`ns.${DELEGATED}`, { edns: {} });
      expectReferral(reply, DELEGATED, `ns.${DELEGATED}`);
    },
  },
  {
    id: 'G04',
    what: 'a delegation to a server elsewhere: referral without glue',
    source: 'RFC 1034 4.3.2',
    run: async (server) => {
      const reply = await server.ask(`www.sub2.${ZONE}`, { edns: {} });
      expectReferral(reply, `sub2.${ZONE}`, 'ns.elsewhere.example.org');
      expect(reply.additionals).toEqual([]);
    },
  },
  {
    id: 'G05',
    what: "DS of a delegation: the parent's own NODATA",
    source: 'RFC 4035 3.1.4.1',
    exceptions: { nsd: 'refers, as the zone is not signed', knot: 'refers, as the zone is not signed' },
    run: async (server) => expectNoData(await server.ask(DELEGATED, { type: TYPE.DS })),
  },
  {
    id: 'G06',
    what: 'a chain of CNAME: each of them, then the address, in order',
    source: 'RFC 1034 4.3.2',
    run: async (server) => {
      const reply = await server.ask(`chain.${ZONE}`);
      expect(reply).toMatchObject({ rcode: RCODE.NOERROR, authoritative: true });
      expect(reply.answers.map(({ owner, text }) => [owner, text])).toEqual([
        [`chain.${ZONE}`, `alias.${ZONE}`],
        [`alias.${ZONE}`, HOST],
        [HOST, HOST_ADDRESS],
      ]);
    },
  },
  {
    id: 'G07',
    what: 'a CNAME to a name that lacks the type: the CNAME, NOERROR, SOA',
    source: 'RFC 2308 2.2',
    run: async (server) => {
      const reply = await server.ask(`alias.${ZONE}`, { type: TYPE.TXT });
      expect(reply.rcode).toBe(RCODE.NOERROR);
      expect(reply.answers.map(({ type, text }) => [type, text])).toEqual([[TYPE.CNAME, HOST]]);
      expectNegative(reply);
    },
  },
  {
    id: 'G08',
    what: 'a CNAME out of the zone: the CNAME alone, NOERROR, AA',
    source: 'RFC 1034 4.3.2',
    run: async (server) => {
      const reply = await server.ask(`out.${ZONE}`);
      expectAnswer(reply, TYPE.CNAME, 'www.example.org');
      expect(reply.authorities.filter(({ type }) => type === TYPE.SOA)).toEqual([]);
    },
  },
  {
    id: 'G09',
    what: 'a CNAME to a name of the zone that is not there: NXDOMAIN with the CNAME, SOA',
    source: 'RFC 2308 2.1, RFC 6604 3',
    run: async (server) => {
      const reply = await server.ask(`dangling.${ZONE}`);
      expect(reply.rcode).toBe(RCODE.NXDOMAIN);
      expect(reply.answers.map(({ type, text }) => [type, text])).toEqual([[TYPE.CNAME, `missing.${ZONE}`]]);
      expectNegative(reply);
    },
  },
  {
    id: 'G10',
    what: 'a wildcard does not stand for an existing name, nor for what is below it',
    source: 'RFC 4592 3.3.1',
    run: async (server) => {
      expectAnswer(await server.ask(`taken.wild.${ZONE}`), TYPE.A, '192.0.2.31');
      expectNoData(await server.ask(`taken.wild.${ZONE}`, { type: TYPE.TXT }));
      expectNxdomain(await server.ask(`below.taken.wild.${ZONE}`));
    },
  },
  {
    id: 'G11',
    what: 'a wildcard asked by its own name answers; what is below the asterisk is NXDOMAIN',
    source: 'RFC 4592 2.2.1',
    run: async (server) => {
      expectAnswer(await server.ask(`*.wild.${ZONE}`), TYPE.A, '192.0.2.30');
      expectNxdomain(await server.ask(`ghost.*.wild.${ZONE}`));
    },
  },
  {
    id: 'G12',
    what: 'TXT: its strings as they stand in the zone file, borders and escapes included',
    source: 'RFC 1035 3.3.14, 5.1',
    run: async (server) => {
      const strings = ['v=first', 'a second string', 'with "quotes" and a ; semicolon'];
      const text = strings.map((string) => JSON.stringify(string)).join(' ');
      expectAnswer(await server.ask(`txt.${ZONE}`, { type: TYPE.TXT }), TYPE.TXT, text);
    },
  },
  {
    id: 'G13',
    what: 'SRV: priority, weight, port and a target that is not compressed',
    source: 'RFC 2782',
    run: async (server) => {
      const reply = await server.ask(`srv.${ZONE}`, { type: TYPE.SRV });
      expectAnswer(reply, TYPE.SRV, `10 60 5060 ${HOST}`, `10 40 5060 mx1.${ZONE}`);
    },
  },
  {
    id: 'G14',
    what: 'CAA: flags, tag and value',
    source: 'RFC 8659 4.1',
    run: async (server) => {
      const issue = `0005${hex('issue')}${hex('ca.example.net')}`;
      const iodef = `0005${hex('iodef')}${hex('mailto:security@example.test')}`;
      expectAnswer(await server.ask(`caa.${ZONE}`, { type: TYPE.CAA }), TYPE.CAA, issue, iodef);
    },
  },
  {
    id: 'G15',
    what: 'HTTPS: priority, target and its parameters in the order of their keys',
    source: 'RFC 9460 2.2',
    run: async (server) => {
      const alpn = `0001000c02${hex('h2')}08${hex('http/1.1')}`;
      const port = '0003000220fb';
      const hints = '00040004c000020a0006001020010db8000000000000000000000010';
      expectAnswer(await server.ask(`svc.${ZONE}`, { type: TYPE.HTTPS }), TYPE.HTTPS, `000100${alpn}${port}${hints}`);
    },
  },
  {
    id: 'G16',
    what: 'AAAA beside A at one name, each by its type',
    source: 'RFC 3596',
    run: async (server) => {
      const reply = await server.ask(HOST, { type: TYPE.AAAA });
      expectAnswer(reply, TYPE.AAAA, '2001:0db8:0000:0000:0000:0000:0000:0010');
    },
  },
  {
    id: 'G17',
    what: 'the apex NS brings the address of the name server along',
    source: 'RFC 1034 4.3.2 step 6',
    run: async (server) => {
      const reply = await server.ask(ZONE, { type: TYPE.NS, edns: {} });
      expect(reply.additionals.map(({ owner, text }) => `${owner} ${text}`)).toEqual([`ns1.${ZONE} 127.0.0.1`]);
    },
  },
];

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}
