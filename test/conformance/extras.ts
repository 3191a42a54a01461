import { expect } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { readMessage } from '../support/dns-message.ts';
import { TcpLink } from '../support/dns-sockets.ts';
import { anOpt, anOption, aQuery, framed, OPTION, RCODE, TYPE } from '../support/dns-wire.ts';
import { type ConformanceCase, expectAnswer, expectHost, expectRefused, HOST, ZONE } from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';
import { SERVER_ID, WEIGHTED_HOST } from './servers.ts';

const CLIENT_COOKIE = '0102030405060708';
/** RFC 8914 section 4.21: the server does not serve the name's zone. */
const NOT_AUTHORITATIVE = 20;

/** The cookie that comes back for these octets: the client's half and a server's (RFC 9018 section 4: 8 and 16 octets). */
async function cookieFor(server: ServerUnderTest, sent: Buffer | string): Promise<Buffer> {
  const reply = await server.ask(HOST, { edns: { options: anOption(OPTION.COOKIE, sent) } });
  expectHost(reply);
  const cookie = optionOf(reply, OPTION.COOKIE);
  expect(cookie).toHaveLength(24);
  return cookie ?? Buffer.alloc(0);
}

function optionOf(reply: Message, wanted: number): Buffer | undefined {
  const found = reply.opt?.options.filter(({ code }) => code === wanted) ?? [];
  expect(found.length, `options ${wanted}`).toBeLessThanOrEqual(1);
  return found[0]?.data;
}

/** What issue 4 asks for beyond section 2.2, and the references where they have it too. */
export const EXTRAS: readonly ConformanceCase[] = [
  {
    id: 'G18',
    what: 'ANY: one HINFO that names RFC8482, whatever the name has',
    source: 'RFC 8482 4.2',
    only: ['sluice'],
    run: async (server) => {
      for (const name of [HOST, ZONE, `big.${ZONE}`])
        expectAnswer(await server.ask(name, { type: TYPE.ANY }), TYPE.HINFO, '"RFC8482" ""');
    },
  },
  {
    id: 'G19',
    what: 'a client cookie brings a server cookie: version 1, the time, a hash',
    source: 'RFC 7873 5.2.3, RFC 9018 4',
    only: ['sluice', 'nsd'],
    run: async (server) => {
      const cookie = await cookieFor(server, CLIENT_COOKIE);
      expect(cookie.subarray(0, 12).toString('hex')).toBe(`${CLIENT_COOKIE}01000000`);
      expect(Math.abs(cookie.readUInt32BE(12) - Date.now() / 1_000), 'seconds').toBeLessThan(60);
    },
  },
  {
    id: 'G20',
    what: 'its own server cookie: answered; another client half has another server cookie',
    source: 'RFC 7873 5.2.5, RFC 9018 4.4',
    only: ['sluice', 'nsd'],
    run: async (server) => {
      const first = await cookieFor(server, CLIENT_COOKIE);
      const again = await cookieFor(server, first);
      expect(again.subarray(0, 8)).toEqual(first.subarray(0, 8));
      const other = await cookieFor(server, '1112131415161718');
      expect(other.subarray(16)).not.toEqual(first.subarray(16));
    },
  },
  {
    id: 'G21',
    what: 'a server cookie that is not ours: answered normally, with a fresh one',
    source: 'RFC 7873 5.2.4',
    only: ['sluice', 'nsd'],
    run: async (server) => {
      const ours = await cookieFor(server, CLIENT_COOKIE);
      const forged = Buffer.from(ours).fill(0xee, 16);
      const fresh = await cookieFor(server, forged);
      expect(fresh.subarray(16)).not.toEqual(forged.subarray(16));
      // 8 to 32 octets are allowed to a server cookie, and ours has 16.
      await cookieFor(server, `${CLIENT_COOKIE}${'ab'.repeat(32)}`);
    },
  },
  {
    id: 'G22',
    what: 'NSID asked for: the identity; not asked for: none',
    source: 'RFC 5001 2.2',
    only: ['sluice', 'knot', 'nsd'],
    run: async (server) => {
      const asked = await server.ask(HOST, { edns: { options: anOption(OPTION.NSID) } });
      expect(optionOf(asked, OPTION.NSID)?.toString('latin1')).toBe(SERVER_ID);
      expect((await server.ask(HOST, { edns: {} })).opt?.options).toEqual([]);
    },
  },
  {
    id: 'G23',
    what: 'REFUSED for a name outside says why to who has EDNS: extended error 20, Not Authoritative',
    source: 'RFC 8914 4.21',
    only: ['sluice'],
    run: async (server) => {
      const reply = await server.ask('www.example.com', { edns: {} });
      expectRefused(reply);
      expect(optionOf(reply, OPTION.EDE)?.readUInt16BE(0)).toBe(NOT_AUTHORITATIVE);
    },
  },
  {
    id: 'G24',
    what: 'client subnet for a name that is drawn by share alone: echoed with scope 0',
    source: 'RFC 7871 7.2.1',
    only: ['sluice'],
    run: async (server) => {
      for (const subnet of ['00011800c63364', '0002300020010db80001', '00010000']) {
        const reply = await server.ask(WEIGHTED_HOST, { edns: { options: anOption(OPTION.ECS, subnet) } });
        expect(reply.rcode).toBe(RCODE.NOERROR);
        expect(optionOf(reply, OPTION.ECS)?.toString('hex')).toBe(subnet);
      }
    },
  },
  {
    id: 'G25',
    what: 'a hostname with shares beside the zone file: one cluster an answer, by share',
    source: 'DESIGN 7',
    only: ['sluice'],
    run: async (server) => {
      const counts = new Map<string, number>();
      for (let turn = 0; turn < 100; turn += 1) {
        const { answers } = await server.ask(WEIGHTED_HOST);
        const addresses = answers.map(({ text }) => text).toSorted();
        counts.set(addresses.join(), (counts.get(addresses.join()) ?? 0) + 1);
      }
      expect([...counts.keys()].toSorted()).toEqual(['192.0.2.71', '192.0.2.72,192.0.2.73']);
      expect(counts.get('192.0.2.71')).toBeOneOf([68, 69, 70, 71, 72]);
    },
  },
  {
    id: 'G26',
    what: 'edns-tcp-keepalive over TCP: an idle time-out of two octets where one comes back; the connection stays',
    source: 'RFC 7828 3.2.2',
    run: async (server) => {
      const link = await TcpLink.to(server.address);
      const query = aQuery(HOST, { additionals: [anOpt({ options: anOption(OPTION.KEEPALIVE) })] });
      for (const count of [1, 2]) {
        link.write(framed(query));
        const reply = (await link.take(count, { timeoutMs: 5_000 })).at(count - 1);
        expect(reply).toBeDefined();
        if (reply === undefined) continue;
        const keepalive = optionOf(readMessage(reply), OPTION.KEEPALIVE);
        expect(keepalive?.length).toBeOneOf(server.name === 'sluice' ? [2] : [2, undefined]);
      }
      link.close();
    },
  },
  {
    id: 'G27',
    what: 'cookie, NSID, subnet and an extended error in one small reply: all there, within 512 octets',
    source: 'RFC 6891 6.2.5',
    only: ['sluice'],
    run: async (server) => {
      const asked = [
        anOption(OPTION.COOKIE, CLIENT_COOKIE),
        anOption(OPTION.NSID),
        anOption(OPTION.ECS, '00011800c63364'),
      ];
      const reply = await server.ask('www.example.com', { edns: { size: 512, options: Buffer.concat(asked) } });
      expectRefused(reply);
      const codes = reply.opt?.options.map(({ code }) => code) ?? [];
      expect(codes).toEqual(expect.arrayContaining([OPTION.COOKIE, OPTION.NSID, OPTION.EDE]));
    },
  },
];
