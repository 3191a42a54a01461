import { expect } from 'vitest';
import {
  anOpt,
  anOption,
  aQuery,
  DNSSEC_OK,
  nameOctets,
  OPTION,
  type OptOptions,
  RCODE,
  TYPE,
  words,
} from '../support/dns-wire.ts';
import {
  type ConformanceCase,
  expectEmpty,
  expectError,
  expectHost,
  expectMalformed,
  expectNoData,
  expectNxdomain,
  expectRefused,
  HOST,
  ZONE,
} from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

/** A code of the range for local and experimental use: no server knows it. */
const UNKNOWN_OPTION = 65_100;
/** Neither DO nor CO (RFC 9824 section 5.1). */
const UNKNOWN_FLAGS = 0x2040;
const CLIENT_COOKIE = '0102030405060708';
/** Family 1, 24 of 32 bits, scope 0, 198.51.100.0 (RFC 7871 section 6). */
const SUBNET = '00011800c63364';

/** BADVERS offers version 0, answers nothing and claims no authority (RFC 6891 section 6.1.3). */
async function expectBadVersion(server: ServerUnderTest, edns: OptOptions): Promise<void> {
  const reply = await server.ask(HOST, { edns });
  expect(reply.rcode).toBe(RCODE.BADVERS);
  expectEmpty(reply);
  expect(reply.opt?.version).toBe(0);
  expect((reply.opt?.flags ?? 0) & ~DNSSEC_OK, 'flags that nobody knows').toBe(0);
}

/** The host's A record, whatever stood in the OPT record. */
async function expectIgnored(server: ServerUnderTest, edns: OptOptions): Promise<void> {
  expectHost(await server.ask(HOST, { edns }));
}

/** research/reliability.md section 2.2, C: EDNS. */
export const EDNS: readonly ConformanceCase[] = [
  {
    id: 'C01',
    what: 'no OPT in the query: none in the reply',
    source: 'RFC 6891 6.1.1',
    run: async (server) => expect((await server.ask(HOST)).opt).toBeUndefined(),
  },
  {
    id: 'C02',
    what: 'OPT in the query: OPT in the reply, version 0, size of 512 or more',
    source: 'RFC 6891 6.1.1',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: {} });
      expectHost(reply);
      expect(reply.opt).toMatchObject({ version: 0, flags: 0, options: [] });
      expect(reply.opt?.size).toBeGreaterThanOrEqual(512);
    },
  },
  {
    id: 'C03',
    what: 'OPT comes back with NODATA, NXDOMAIN and REFUSED too',
    source: 'RFC 6891 7',
    run: async (server) => {
      expectNoData(await server.ask(HOST, { type: TYPE.TXT, edns: {} }));
      expectNxdomain(await server.ask(`nothing.${ZONE}`, { edns: {} }));
      expectRefused(await server.ask('www.example.com', { edns: {} }));
    },
  },
  {
    id: 'C04',
    what: 'EDNS version 1: BADVERS, version 0 offered, no answer',
    source: 'RFC 6891 6.1.3',
    run: async (server) => expectBadVersion(server, { version: 1 }),
  },
  {
    id: 'C05',
    what: 'EDNS version 100 with an unknown option: BADVERS',
    source: 'RFC 8906 8.2',
    run: async (server) => expectBadVersion(server, { version: 100, options: anOption(UNKNOWN_OPTION, '0102') }),
  },
  {
    id: 'C06',
    what: 'unknown option: ignored, not echoed',
    source: 'RFC 6891 6.1.2, RFC 8906 8.2',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: { options: anOption(UNKNOWN_OPTION, '01020304') } });
      expectHost(reply);
      expect(reply.opt?.options).toEqual([]);
    },
  },
  {
    id: 'C07',
    what: 'several unknown options of odd lengths: ignored',
    source: 'RFC 6891 6.1.2',
    run: async (server) => {
      const options = [anOption(UNKNOWN_OPTION), anOption(UNKNOWN_OPTION + 1, '01'), anOption(100, '010203')];
      await expectIgnored(server, { options: Buffer.concat(options) });
    },
  },
  {
    id: 'C08',
    what: 'unknown flags: ignored, clear in the reply',
    source: 'RFC 6891 6.1.4, RFC 8906 8.2',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: { flags: UNKNOWN_FLAGS } });
      expectHost(reply);
      expect(reply.opt?.flags).toBe(0);
    },
  },
  {
    id: 'C09',
    what: 'DO at an unsigned zone: the same data, no RRSIG',
    source: 'RFC 3225, RFC 8906 8.2',
    run: async (server) => {
      expectHost(await server.ask(HOST, { edns: { flags: DNSSEC_OK } }));
      expectNxdomain(await server.ask(`nothing.${ZONE}`, { edns: { flags: DNSSEC_OK } }));
    },
  },
  {
    id: 'C10',
    what: 'DO is copied into the reply',
    source: 'RFC 3225 3',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: { flags: DNSSEC_OK | UNKNOWN_FLAGS } });
      expect(reply.opt?.flags).toBe(DNSSEC_OK);
    },
  },
  {
    id: 'C11',
    what: 'client cookie: answered; a cookie that comes back is the same and 8 to 32 octets behind it',
    source: 'RFC 7873 5.2',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: { options: anOption(OPTION.COOKIE, CLIENT_COOKIE) } });
      expectHost(reply);
      for (const { code, data } of reply.opt?.options ?? []) {
        expect(code).toBe(OPTION.COOKIE);
        expect(data.subarray(0, 8).toString('hex')).toBe(CLIENT_COOKIE);
        expect(data.length - 8).toBeOneOf(Array.from({ length: 25 }, (_value, index) => 8 + index));
      }
    },
  },
  {
    id: 'C12',
    what: 'COOKIE of a length that none has (0, 7, 9, 41): FORMERR; ignored by a server without cookies',
    source: 'RFC 7873 5.2.2',
    exceptions: { nsd: 'takes any cookie that is not ours as a client cookie alone' },
    run: async (server) => {
      for (const length of [0, 7, 9, 41]) {
        const options = anOption(OPTION.COOKIE, Buffer.alloc(length, 1));
        const reply = await server.send(aQuery(HOST, { additionals: [anOpt({ options })] }));
        if (server.name === 'knot') expect(reply?.rcode).toBeOneOf([RCODE.NOERROR, RCODE.FORMERR]);
        else expectError(reply, RCODE.FORMERR);
      }
    },
  },
  {
    id: 'C13',
    what: 'client subnet: answered; one that comes back repeats family, source and address',
    source: 'RFC 7871 7.2',
    run: async (server) => {
      const reply = await server.ask(HOST, { edns: { options: anOption(OPTION.ECS, SUBNET) } });
      expectHost(reply);
      for (const { code, data } of reply.opt?.options ?? []) {
        expect(code).toBe(OPTION.ECS);
        expect(data.subarray(0, 3).toString('hex') + data.subarray(4).toString('hex')).toBe('000118c63364');
      }
    },
  },
  {
    id: 'C14',
    what: 'malformed client subnet (scope set, source over 32, stray octets or bits): FORMERR, or ignored by a server without',
    source: 'RFC 7871 7.1.2',
    run: async (server) => {
      for (const data of [
        '00011818c63364',
        '00012100c633640101',
        '00011800c6336401',
        '00011800c633',
        '00011700c63365',
        '0001',
      ]) {
        const options = anOption(OPTION.ECS, data);
        const reply = await server.send(aQuery(HOST, { additionals: [anOpt({ options })] }));
        const allowed = server.strict ? [RCODE.FORMERR] : [RCODE.FORMERR, RCODE.REFUSED, RCODE.NOERROR];
        expect(reply?.rcode, data).toBeOneOf(allowed);
      }
    },
  },
  {
    id: 'C15',
    what: 'NSID asked for: answered',
    source: 'RFC 5001',
    run: async (server) => expectIgnored(server, { options: anOption(OPTION.NSID) }),
  },
  {
    id: 'C16',
    what: 'padding and edns-tcp-keepalive over UDP: answered, no keepalive back',
    source: 'RFC 7830, RFC 7828 3.2.1',
    run: async (server) => {
      const options = Buffer.concat([anOption(OPTION.PADDING, Buffer.alloc(64)), anOption(OPTION.KEEPALIVE)]);
      const reply = await server.ask(HOST, { edns: { options } });
      expectHost(reply);
      expect(reply.opt?.options.map(({ code }) => code)).not.toContain(OPTION.KEEPALIVE);
    },
  },
  {
    id: 'C17',
    what: 'two OPT records: FORMERR',
    source: 'RFC 6891 6.1.1',
    run: async (server) => {
      expectError(await server.send(aQuery(HOST, { additionals: [anOpt(), anOpt()] })), RCODE.FORMERR);
    },
  },
  {
    id: 'C18',
    what: 'an option that runs past the OPT record: FORMERR; or ignored by others',
    source: 'RFC 6891 6.1.2',
    run: async (server) => {
      for (const options of [words(UNKNOWN_OPTION, 9, 0), words(OPTION.COOKIE, 8), words(OPTION.ECS)]) {
        const reply = await server.send(aQuery(HOST, { additionals: [anOpt({ options })] }));
        expect(reply?.rcode).toBeOneOf(server.strict ? [RCODE.FORMERR] : [RCODE.FORMERR, RCODE.NOERROR]);
      }
    },
  },
  {
    id: 'C19',
    what: 'an OPT record that runs past the message: FORMERR',
    source: 'RFC 6891 6.1.2',
    run: async (server) => expectMalformed(server, aQuery(HOST, { additionals: [anOpt({ dataLength: 40 })] })),
  },
  {
    id: 'C20',
    what: 'OPT with another owner than the root: FORMERR; or ignored by others',
    source: 'RFC 6891 6.1.2',
    run: async (server) => {
      const opt = anOpt({ owner: nameOctets('opt.test') });
      const reply = await server.send(aQuery(HOST, { additionals: [opt] }));
      expect(reply?.rcode).toBeOneOf(server.strict ? [RCODE.FORMERR] : [RCODE.FORMERR, RCODE.NOERROR]);
    },
  },
  {
    id: 'C21',
    what: 'EDNS version 1 with unknown flags and with DO: BADVERS, AA clear, unknown flags clear',
    source: 'RFC 8906 8.2',
    run: async (server) => {
      await expectBadVersion(server, { version: 1, flags: UNKNOWN_FLAGS });
      await expectBadVersion(server, { version: 1, flags: DNSSEC_OK });
    },
  },
  {
    id: 'C22',
    what: 'COOKIE, NSID, EXPIRE and client subnet 0.0.0.0/0 together: answered',
    source: 'RFC 8906 8.2',
    run: async (server) => {
      const options = [
        anOption(OPTION.COOKIE, CLIENT_COOKIE),
        anOption(OPTION.NSID),
        anOption(OPTION.EXPIRE),
        anOption(OPTION.ECS, '00010000'),
      ];
      await expectIgnored(server, { options: Buffer.concat(options) });
    },
  },
];
