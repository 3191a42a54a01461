import { expect } from 'vitest';
import type { Message } from '../support/dns-message.ts';
import { RCODE } from '../support/dns-wire.ts';
import { type ConformanceCase, ZONE } from './case.ts';

const BIG = `big.${ZONE}`;
const BIG_COUNT = 100;

/** TC, and nothing that a client could take for the whole RRset (RFC 2181 section 9); the octets are checked by `ask`. */
function expectTruncated(reply: Message): void {
  expect(reply).toMatchObject({ rcode: RCODE.NOERROR, truncated: true, authoritative: true });
  expect(reply.answers.length).toBeLessThan(BIG_COUNT);
  expect(reply.question?.name).toBe(BIG);
}

function expectWhole(reply: Message): void {
  expect(reply).toMatchObject({ rcode: RCODE.NOERROR, truncated: false, authoritative: true });
  expect(reply.answers).toHaveLength(BIG_COUNT);
}

/** research/reliability.md section 2.2, D: answers that do not fit. */
export const SIZES: readonly ConformanceCase[] = [
  {
    id: 'D01',
    what: 'big answer over UDP without EDNS: TC, at most 512 octets',
    source: 'RFC 1035 4.2.1, RFC 2181 9',
    run: async (server) => {
      const reply = await server.ask(BIG);
      expectTruncated(reply);
      expect(reply.octets.length).toBeLessThanOrEqual(512);
    },
  },
  {
    id: 'D02',
    what: 'big answer with EDNS sizes of 512, 0 and 100: TC, at most 512 octets',
    source: 'RFC 6891 6.2.3',
    run: async (server) => {
      for (const size of [512, 0, 100]) {
        const reply = await server.ask(BIG, { edns: { size } });
        expectTruncated(reply);
        expect(reply.octets.length).toBeLessThanOrEqual(512);
      }
    },
  },
  {
    id: 'D03',
    what: 'big answer with EDNS size 1232: TC, at most 1232 octets, OPT kept',
    source: 'RFC 6891 6.2.5, RFC 9715',
    run: async (server) => {
      const reply = await server.ask(BIG, { edns: { size: 1_232 } });
      expectTruncated(reply);
      expect(reply.octets.length).toBeLessThanOrEqual(1_232);
      expect(reply.opt).toBeDefined();
    },
  },
  {
    id: 'D04',
    what: "big answer with EDNS size 65535: whole within 4096 octets, or TC at the server's own limit",
    source: 'RFC 6891 6.2.5',
    run: async (server) => {
      const reply = await server.ask(BIG, { edns: { size: 65_535 } });
      if (reply.truncated) expectTruncated(reply);
      else expectWhole(reply);
      expect(reply.octets.length).toBeLessThanOrEqual(server.udpOctets);
    },
  },
  {
    id: 'D05',
    what: 'big answer over TCP: whole, TC clear, with EDNS of any size and without',
    source: 'RFC 7766 5',
    run: async (server) => {
      expectWhole(await server.ask(BIG, { via: 'tcp' }));
      expectWhole(await server.ask(BIG, { via: 'tcp', edns: { size: 512 } }));
    },
  },
  {
    id: 'D06',
    what: 'a truncated reply keeps the question, and has no part of an RRset without TC',
    source: 'RFC 2181 9',
    run: async (server) => {
      // Every size from one that the OPT record just fits to one that is near the whole answer.
      for (let size = 512; size <= 1_700; size += 99) {
        const reply = await server.ask(BIG, { edns: { size } });
        if (!reply.truncated) expectWhole(reply);
        else expectTruncated(reply);
      }
    },
  },
];
