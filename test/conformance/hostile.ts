import { spawnSync } from 'node:child_process';
import { expect } from 'vitest';
import { readMessage } from '../support/dns-message.ts';
import { TcpLink, UdpLink } from '../support/dns-sockets.ts';
import {
  aHeader,
  anOpt,
  anOption,
  aQuery,
  aRecord,
  FLAG,
  framed,
  HEADER_OCTETS,
  OPTION,
  RCODE,
  TYPE,
  words,
} from '../support/dns-wire.ts';
import { type ConformanceCase, expectError, expectHost, expectMalformed, HOST, ZONE } from './case.ts';
import { fuzzUdp } from './fuzz.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const { FORMERR, NOTIMP, REFUSED } = RCODE;
const MOST_DELAY_MS = 500;
/** A name that is one pointer, a type and a class. */
const QUESTION_OCTETS = 6;
/** The last place that the 14 bits of a pointer reach. */
const MOST_POINTER = 0x3fff;

/** Octets in the place of the name, with an ordinary type and class behind them. */
const named = (...octets: readonly number[]): Buffer => aQuery(Buffer.from(octets));

/** research/reliability.md section 2.2, F: what no honest client sends, and what it costs. */
export const HOSTILE: readonly ConformanceCase[] = [
  {
    id: 'F07',
    what: 'a response (QR) is never answered',
    source: 'RFC 1035 7.3, reflection loops',
    run: async (server) => {
      for (const flags of [FLAG.QR, FLAG.QR | FLAG.AA | FLAG.RD, 0xffff])
        expect(await server.send(aQuery(HOST, { flags })), `flags ${flags}`).toBeUndefined();
    },
  },
  {
    id: 'F08',
    what: 'no question: FORMERR, or REFUSED, header echoed',
    source: 'RFC 9619 4, RFC 7873 5.4',
    exceptions: { nsd: 'says nothing to one in ten' },
    run: async (server) => {
      const reply = await server.send(aHeader({ id: 0xbeef }));
      expectError(reply, FORMERR, REFUSED);
      expect((reply?.flags ?? 0) & FLAG.RD).toBe(FLAG.RD);
    },
  },
  {
    id: 'F09',
    what: 'two questions: FORMERR',
    source: 'RFC 9619 4, RFC 8906 3',
    exceptions: { knot: 'says nothing' },
    run: async (server) => {
      const second = aQuery(`mail.${ZONE}`).subarray(HEADER_OCTETS);
      expectError(await server.send(aQuery(HOST, { counts: [2, 0, 0, 0], tail: second })), FORMERR);
    },
  },
  {
    id: 'F10',
    what: 'two or 65535 questions promised and one there: FORMERR, no stall',
    source: 'RFC 8906 3',
    run: async (server) => {
      for (const count of [2, 65_535]) await expectMalformed(server, aQuery(HOST, { counts: [count, 0, 0, 0] }));
      expect(await server.delay(), 'ms').toBeLessThan(MOST_DELAY_MS);
    },
  },
  {
    id: 'F11',
    what: 'all four counts 65535 on a bare header, 20 times: under a second, then alive',
    source: 'CPU exhaustion',
    run: async (server) => {
      const begin = performance.now();
      const link = await UdpLink.to(server.address);
      for (let turn = 0; turn < 20; turn += 1) link.send(aHeader({ counts: [65_535, 65_535, 65_535, 65_535] }));
      expect(await server.delay(), 'ms').toBeLessThan(1_000);
      link.close();
      expect(performance.now() - begin, 'ms').toBeLessThan(1_000);
      await server.expectAlive();
    },
  },
  {
    id: 'F12',
    what: 'one question promised and none there: FORMERR',
    source: 'RFC 8906 3',
    run: async (server) => expectMalformed(server, aHeader({ counts: [1, 0, 0, 0] })),
  },
  {
    id: 'F13',
    what: 'an answer in a query: FORMERR; or answered normally by others',
    source: 'RFC 9619',
    run: async (server) => {
      const answer = aRecord(HOST, { type: TYPE.A, data: Buffer.of(192, 0, 2, 1) });
      const reply = await server.send(aQuery(HOST, { counts: [1, 1, 0, 0], tail: answer }));
      if (reply?.rcode === RCODE.NOERROR && !server.strict) expectHost(reply);
      else expectError(reply, FORMERR);
    },
  },
  {
    id: 'F14',
    what: 'records promised and absent, in each section: FORMERR',
    source: 'RFC 1035 4.1',
    run: async (server) => {
      for (const counts of [
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [1, 0, 0, 1],
      ])
        await expectMalformed(server, aQuery(HOST, { counts }));
    },
  },
  {
    id: 'F15',
    what: 'octets behind the message: FORMERR; or ignored by others',
    source: 'robustness',
    run: async (server) => {
      const message = aQuery(HOST, { tail: Buffer.from('behind') });
      const reply = server.strict ? undefined : await server.send(message);
      if (reply?.rcode === RCODE.NOERROR) expectHost(reply);
      else await expectMalformed(server, message);
    },
  },
  {
    id: 'F16',
    what: 'datagrams of 0 to 11 octets: silence',
    source: 'RFC 1035 4.1.1',
    run: async (server) => {
      const lengths = Array.from({ length: HEADER_OCTETS }, (_value, length) => length);
      const replies = await Promise.all(lengths.map((length) => server.send(aQuery(HOST).subarray(0, length))));
      expect(replies.filter((reply) => reply !== undefined)).toEqual([]);
    },
  },
  {
    id: 'F17',
    what: 'a query cut at each octet: FORMERR',
    source: 'RFC 1035 4.1',
    run: async (server) => {
      const options = anOption(OPTION.COOKIE, '0102030405060708');
      const whole = aQuery(HOST, { additionals: [anOpt({ options })] });
      const lengths = Array.from({ length: whole.length - HEADER_OCTETS }, (_value, index) => HEADER_OCTETS + index);
      await Promise.all(lengths.map((length) => expectMalformed(server, whole.subarray(0, length))));
    },
  },
  {
    id: 'F18',
    what: 'a compression pointer to itself, a loop of two, one forward, one into the header: FORMERR',
    source: 'RFC 1035 4.1.4',
    run: async (server) => {
      const messages = [named(0xc0, 12), named(0xc0, 14, 0xc0, 12), named(0xc0, 40), named(0xc0, 0), named(0xff, 0xff)];
      for (const message of messages) await expectMalformed(server, message);
    },
  },
  {
    id: 'F19',
    what: 'the label types 0x40 and 0x80: FORMERR or NOTIMP',
    source: 'RFC 6891 4.2, RFC 1035 4.1.4',
    run: async (server) => {
      for (const type of [0x41, 0x81]) {
        const reply = await server.send(named(type, 0x61, 0x00));
        if (reply !== undefined || server.strict) expectError(reply, FORMERR, NOTIMP);
      }
    },
  },
  {
    id: 'F20',
    what: 'a label longer than what is left: FORMERR',
    source: 'RFC 1035 4.1.2',
    run: async (server) => expectMalformed(server, named(0x3f, 0x61)),
  },
  {
    id: 'F21',
    what: 'pointer chains, 30 datagrams of 4096 octets and two TCP messages of 64,000: delay nobody by over 0.5 s',
    source: 'CPU exhaustion',
    run: async (server) => {
      const [udp, tcp] = await Promise.all([UdpLink.to(server.address), TcpLink.to(server.address)]);
      for (let turn = 0; turn < 30; turn += 1) udp.send(pointerChain(4_096));
      for (let turn = 0; turn < 2; turn += 1) tcp.write(framed(pointerChain(64_000)));
      try {
        expect(await server.longestDelay(50), 'ms').toBeLessThan(MOST_DELAY_MS);
      } finally {
        udp.close();
        tcp.close();
      }
    },
  },
  {
    id: 'F28',
    what: 'many queries on one socket: each answer has the id of its own',
    source: 'RFC 5452 4.2',
    run: async (server) => {
      const link = await UdpLink.to(server.address);
      const names = [HOST, `mail.${ZONE}`, `nothing.${ZONE}`, `mx1.${ZONE}`, 'www.example.com'];
      names.forEach((name, id) => link.send(aQuery(name, { id })));
      const replies = (await link.take(names.length, { timeoutMs: 5_000 })).map((octets) => readMessage(octets));
      link.close();
      const byId = replies.toSorted((a, b) => a.id - b.id).map(({ id, question }) => [id, question?.name]);
      expect(byId).toEqual(names.map((name, id) => [id, name]));
    },
  },
  {
    id: 'F29',
    what: 'the ids 0 and 65535 are echoed',
    source: 'RFC 1035 4.1.1',
    run: async (server) => {
      for (const id of [0, 65_535]) expectHost(await server.ask(HOST, { id }));
    },
  },
  {
    id: 'F30',
    what: 'mutated queries: silence, or a whole reply with its id; then alive',
    source: 'robustness',
    exceptions: { nsd: '4.6.1 answers two NSID options with a message that promises more than it has' },
    run: async (server) => {
      await fuzzUdp(server, { runs: 500 });
      await server.expectAlive();
    },
  },
  {
    id: 'F32',
    what: 'a datagram from source port 0: the server lives',
    source: 'one-packet kill',
    run: async (server, skip) => {
      const sent = sendFromPortZero(server, aQuery(HOST));
      if (sent !== undefined) skip(`cannot send from port 0: ${sent}`);
      await server.expectAlive();
    },
  },
  {
    id: 'F33',
    what: 'a datagram of 60,000 octets of noise behind a query: quick, alive',
    source: 'robustness',
    run: async (server) => {
      const noise = Buffer.from(Array.from({ length: 60_000 }, (_value, at) => (at * 2_654_435_761) >>> 24));
      const link = await UdpLink.to(server.address);
      for (let turn = 0; turn < 5; turn += 1) link.send(aQuery(HOST, { tail: noise }));
      expect(await server.delay(), 'ms').toBeLessThan(MOST_DELAY_MS);
      link.close();
      await server.expectAlive();
    },
  },
  {
    id: 'F34',
    what: 'the reply comes from the address that was asked',
    source: 'RFC 1035 7.3',
    run: async (server) => {
      // The socket of `UdpLink` is connected: the kernel gives it nothing from any other address or port.
      expectHost(await server.ask(HOST));
    },
  },
  {
    id: 'F31',
    what: 'after all of it, UDP and TCP still answer',
    source: 'robustness',
    run: (server) => server.expectAlive(),
  },
];

/** As many questions as fit, each name a pointer to the one before it: a reader that follows all of them does so in square time. */
function pointerChain(octets: number): Buffer {
  const first = aQuery('a').subarray(HEADER_OCTETS);
  const count = Math.floor((octets - HEADER_OCTETS - first.length) / QUESTION_OCTETS);
  const placeOf = (index: number) => HEADER_OCTETS + (index === 0 ? 0 : first.length + (index - 1) * QUESTION_OCTETS);
  const furthest = Math.floor((MOST_POINTER - HEADER_OCTETS - first.length) / QUESTION_OCTETS);
  const questions = Array.from({ length: count }, (_value, index) =>
    words(0xc000 | placeOf(Math.min(index, furthest)), TYPE.A, 1),
  );
  return Buffer.concat([aHeader({ counts: [count + 1, 0, 0, 0] }), first, ...questions]);
}

/** Node has no raw sockets, and Perl is on every Debian. Undefined when it was sent, or why not. */
function sendFromPortZero({ address }: ServerUnderTest, message: Buffer): string | undefined {
  if (address.host.includes(':')) return 'the header is made for IPv4';
  const script = `
    use Socket;
    my ($host, $port, $hex) = @ARGV;
    socket(my $socket, AF_INET, SOCK_RAW, 17) or die "$!\\n";
    my $payload = pack("H*", $hex);
    my $header = pack("nnnn", 0, $port, 8 + length($payload), 0);
    send($socket, $header . $payload, 0, sockaddr_in(0, inet_aton($host))) or die "$!\\n";
  `;
  const options = [address.host, String(address.port), message.toString('hex')];
  const { status, stderr, error } = spawnSync('/usr/bin/perl', ['-e', script, ...options], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim();
}
