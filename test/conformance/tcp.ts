import { expect } from 'vitest';
import { readMessage } from '../support/dns-message.ts';
import { TcpLink } from '../support/dns-sockets.ts';
import { anOpt, aQuery, framed, RCODE, TYPE } from '../support/dns-wire.ts';
import {
  type ConformanceCase,
  expectError,
  expectHost,
  expectNoData,
  expectNxdomain,
  expectRefused,
  HOST,
  ZONE,
} from './case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

/** No client may hold up another for longer, milliseconds. */
const MOST_DELAY_MS = 500;
const PATIENCE_MS = 8_000;

/** Sends these octets on one connection and expects the host's address for each of these ids, in any order. */
async function expectHostFor(server: ServerUnderTest, link: TcpLink, ids: readonly number[]): Promise<void> {
  const replies = (await link.take(ids.length, { timeoutMs: PATIENCE_MS })).map((octets) => readMessage(octets));
  expect(replies.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(ids);
  for (const reply of replies) expectHost(reply);
  expect(link.received.length, `${server.name} answers each once`).toBe(ids.length);
}

/** Runs with a connection that is closed whatever happens. */
async function connected(server: ServerUnderTest, run: (link: TcpLink) => Promise<void>): Promise<void> {
  const link = await TcpLink.to(server.address);
  try {
    await run(link);
  } finally {
    link.close();
  }
}

function queries(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_value, id) => framed(aQuery(HOST, { id }))));
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_value, id) => id);
}

/** research/reliability.md section 2.2, E: TCP. */
export const TCP: readonly ConformanceCase[] = [
  {
    id: 'E01',
    what: 'host A',
    source: 'RFC 7766 5',
    run: async (server) => expectHost(await server.ask(HOST, { via: 'tcp' })),
  },
  {
    id: 'E02',
    what: 'NXDOMAIN, NODATA and REFUSED as over UDP',
    source: 'RFC 7766 5',
    run: async (server) => {
      expectNxdomain(await server.ask(`nothing.${ZONE}`, { via: 'tcp' }));
      expectNoData(await server.ask(HOST, { type: TYPE.TXT, via: 'tcp' }));
      expectRefused(await server.ask('www.example.com', { via: 'tcp' }));
    },
  },
  {
    id: 'E03',
    what: 'three queries one after another on a connection',
    source: 'RFC 7766 6.2.1',
    run: (server) =>
      connected(server, async (link) => {
        for (const count of [1, 2, 3]) {
          link.write(framed(aQuery(HOST, { id: count - 1 })));
          await expectHostFor(server, link, upTo(count));
        }
      }),
  },
  {
    id: 'E04',
    what: '50 queries pipelined in one segment, each answered once',
    source: 'RFC 7766 6.2.1.1',
    run: (server) =>
      connected(server, async (link) => {
        link.write(queries(50));
        await expectHostFor(server, link, upTo(50));
      }),
  },
  {
    id: 'E05',
    what: 'length and message in separate segments',
    source: 'RFC 7766 8',
    run: (server) =>
      connected(server, async (link) => {
        const octets = queries(1);
        await inSegments(link, [octets.subarray(0, 2), octets.subarray(2)]);
        await expectHostFor(server, link, [0]);
      }),
  },
  {
    id: 'E06',
    what: 'one octet a segment',
    source: 'RFC 7766 8',
    run: (server) =>
      connected(server, async (link) => {
        await inSegments(
          link,
          [...queries(1)].map((octet) => Buffer.of(octet)),
        );
        await expectHostFor(server, link, [0]);
      }),
  },
  {
    id: 'E07',
    what: "the client's half-close behind its query still brings the answer",
    source: 'RFC 7766 6.2.3',
    run: (server) =>
      connected(server, async (link) => {
        link.write(queries(1));
        link.end();
        await expectHostFor(server, link, [0]);
      }),
  },
  {
    id: 'E08',
    what: 'ten stalled half-messages hold up nobody else',
    source: 'RFC 7766 6.2.2, RFC 9210 4',
    exceptions: { knot: 'has one worker for TCP here, which each of them ties up for its time-out' },
    run: async (server) => {
      const stalled = await Promise.all(Array.from({ length: 10 }, () => TcpLink.to(server.address)));
      for (const link of stalled) link.write(queries(1).subarray(0, 20));
      try {
        const begin = performance.now();
        expectHost(await server.ask(HOST, { via: 'tcp' }));
        expect(performance.now() - begin, 'ms over TCP').toBeLessThan(MOST_DELAY_MS);
        expect(await server.delay(), 'ms over UDP').toBeLessThan(MOST_DELAY_MS);
      } finally {
        for (const link of stalled) link.close();
      }
    },
  },
  {
    id: 'E09',
    what: 'a message of no octets, of noise, a header alone, a reset: the server lives on',
    source: 'RFC 8906 3',
    run: async (server) => {
      const noise = Buffer.from('00', 'hex').fill(0xa5);
      const bodies = [Buffer.alloc(0), Buffer.alloc(200, noise), aQuery(HOST).subarray(0, 12), Buffer.alloc(11)];
      for (const body of bodies) {
        await connected(server, async (link) => {
          link.write(framed(body));
          link.end();
          await Promise.race([link.closed, link.take(1, { timeoutMs: PATIENCE_MS })]);
        });
        const link = await TcpLink.to(server.address);
        link.write(framed(body));
        link.reset();
      }
      await server.expectAlive();
    },
  },
  {
    id: 'E10',
    what: 'a client that resets while answers are on their way does no harm',
    source: 'robustness',
    run: async (server) => {
      const links = await Promise.all(Array.from({ length: 5 }, () => TcpLink.to(server.address)));
      for (const link of links) link.write(queries(500));
      await Promise.all(links.map((link) => link.take(1, { timeoutMs: PATIENCE_MS })));
      for (const link of links) link.reset();
      await server.expectAlive();
    },
  },
  {
    id: 'E11',
    what: '100 connections at once: each has its answer',
    source: 'RFC 9210 4.3',
    run: async (server) => {
      const links = await Promise.all(Array.from({ length: 100 }, () => TcpLink.to(server.address)));
      try {
        for (const link of links) link.write(queries(1));
        await Promise.all(links.map((link) => expectHostFor(server, link, [0])));
      } finally {
        for (const link of links) link.close();
      }
    },
  },
  {
    id: 'E12',
    what: 'AXFR from a stranger: REFUSED or NOTAUTH, no data',
    source: 'RFC 5936 2.2.1',
    run: async (server) => {
      const reply = await server.sendTcp(aQuery(ZONE, { type: TYPE.AXFR, flags: 0 }));
      expectError(reply, RCODE.REFUSED, RCODE.NOTAUTH);
      await server.expectAlive();
    },
  },
  {
    id: 'E13',
    what: 'a client that pipelines 20,000 queries and reads nothing delays nobody else by over 0.5 s',
    source: 'RFC 7766 6.2.2, RFC 9210 4.4',
    timeoutMs: 60_000,
    run: (server) =>
      connected(server, async (link) => {
        const opt = { additionals: [anOpt()] };
        const one = framed(aQuery(`big.${ZONE}`, opt));
        link.writeOnly(Buffer.concat(Array.from({ length: 20_000 }, () => one)));
        expect(await server.longestDelay(200), 'ms').toBeLessThan(MOST_DELAY_MS);
        await server.expectAlive();
      }),
  },
];

/** Each part has left before the next is written, so that they do not share a segment. */
async function inSegments(link: TcpLink, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    await new Promise<void>((sent) => link.socket.write(part, () => sent()));
    await new Promise((turn) => setImmediate(turn));
  }
}
