import { describe, expect, it } from 'vitest';
import { CookieJar } from '../../../src/planes/dns/limits/cookies.ts';
import { RateLimiter } from '../../../src/planes/dns/limits/rate-limit.ts';
import { OPTION, RCODE } from '../../support/dns-wire.ts';
import { anOpt, anOption, aQuery, aResponder, aZone, HOST, read } from './support.ts';

const STRANGER = '192.0.2.1';
const HEADER = 12;

/** One response a second in a clock that stands still: the second one is limited. */
function limited({ slip = 2, exempt = [] as readonly string[] } = {}) {
  const cookies = new CookieJar({ secrets: [Buffer.alloc(16)], now: () => 1_000 });
  const rateLimiter = new RateLimiter({ responsesPerSecond: 1, slip, exempt, now: () => 0, seed: [1, 2] });
  const zones = [aZone({ file: '*.wild A 127.0.0.2\nsub NS ns.other.test.\n' })];
  return aResponder({ zones, settings: { cookies, rateLimiter } });
}

/** What becomes of the same message, again and again. */
function fates(messages: readonly Buffer[], { respond } = limited(), from = STRANGER): readonly string[] {
  return messages.map((message) => {
    const response = respond(message, 'udp', from);
    if (response === undefined) return 'dropped';
    return read(response).truncated ? 'truncated' : 'sent';
  });
}

const times = (count: number, message: Buffer) => Array.from({ length: count }, () => message);

describe('responses beyond the rate', () => {
  it('are dropped, and each second one is truncated, so that a real client comes again over TCP', () => {
    expect(fates(times(6, aQuery(HOST)))).toEqual(['sent', 'dropped', 'truncated', 'dropped', 'truncated', 'dropped']);
    expect(fates(times(3, aQuery(HOST)), limited({ slip: 1 }))).toEqual(['sent', 'truncated', 'truncated']);
    expect(fates(times(3, aQuery(HOST)), limited({ slip: 0 }))).toEqual(['sent', 'dropped', 'dropped']);
  });

  it('truncated have the question, the OPT record, a cookie, and nothing else', () => {
    const { respond } = limited({ slip: 1 });
    const query = aQuery('sHop.example.test', {
      additionals: [anOpt({ options: anOption(OPTION.COOKIE, '00'.repeat(8)) })],
    });
    respond(query, 'udp', STRANGER);
    const response = respond(query, 'udp', STRANGER);
    const { message, rcode } = read(response);
    expect([rcode, message.truncated, message.answers, message.authorities]).toEqual([RCODE.NOERROR, true, [], []]);
    expect(message.question?.name).toBe('sHop.example.test');
    expect(message.opt?.options.map(({ code }) => code)).toEqual([OPTION.COOKIE]);
    expect(response?.length).toBeLessThanOrEqual(query.length + 16);
  });

  it('are counted, and take no turn of a draw', () => {
    const { respond, counters } = limited();
    for (const message of times(7, aQuery(HOST))) respond(message, 'udp', STRANGER);
    const { rateLimited, truncated, answers } = counters.snapshot();
    expect({ rateLimited, truncated }).toEqual({ rateLimited: 6, truncated: 3 });
    expect(answers.reduce((sum, { count }) => sum + count, 0)).toBe(1);
  });

  it('are those of one network: /24 and /56', () => {
    const server = limited();
    const from = (address: string) => fates([aQuery(HOST)], server, address)[0];
    expect(['192.0.2.1', '192.0.2.99', '192.0.3.1'].map(from)).toEqual(['sent', 'dropped', 'sent']);
    expect(['2001:db8:0:1::1', '2001:db8:0:2::1', '2001:db8:0:100::1'].map(from)).toEqual(['sent', 'dropped', 'sent']);
  });

  it('are those of one name, where there is one', () => {
    expect(fates([aQuery(HOST), aQuery(`east.${HOST}`), aQuery('ns1.example.test')])).toEqual(['sent', 'sent', 'sent']);
  });

  it.each([
    ['missing', ['a.example.test', 'b.example.test']],
    ['refused', ['a.other.test', 'b.another.test']],
    ["a wildcard's", ['a.wild.example.test', 'b.wild.example.test']],
    ['delegated', ['a.sub.example.test', 'b.sub.example.test']],
  ])('are those of all names that are %s, however many are made up', (_name, names) => {
    expect(fates(names.map((name) => aQuery(name)))).toEqual(['sent', 'dropped']);
  });

  it('are bare errors too', () => {
    for (const message of [aQuery(HOST, { counts: [2, 0, 0, 0] }), aQuery(HOST, { flags: 0x1000 })]) {
      const { respond } = limited({ slip: 1 });
      expect(respond(message, 'udp', STRANGER)).toHaveLength(HEADER);
      expect(respond(message, 'udp', STRANGER)).toBeUndefined();
      expect(respond(message, 'tcp', STRANGER)).toHaveLength(HEADER);
    }
  });
});

describe('no limit', () => {
  it('holds for TCP, whose client has shown its address', () => {
    const { respond } = limited();
    for (const message of times(20, aQuery(HOST))) {
      expect(read(respond(message, 'tcp', STRANGER)).addresses).not.toEqual([]);
    }
  });

  it('holds for who comes back with our cookie, and for nobody with one of another address', () => {
    const server = limited();
    const withCookie = (data: Buffer | string) =>
      aQuery(HOST, { additionals: [anOpt({ options: anOption(OPTION.COOKIE, data) })] });
    const first = withCookie('0102030405060708');
    const [option] = read(server.respond(first, 'udp', STRANGER)).message.opt?.options ?? [];
    const known = withCookie(option?.data ?? '');
    expect(fates(times(20, known), server)).toEqual(times(20, known).map(() => 'sent'));
    expect(fates(times(2, known), server, '192.0.2.2')).toEqual(['dropped', 'truncated']);
    expect(fates(times(1, first), server)).toEqual(['dropped']);
  });

  it('holds for networks that the settings exempt', () => {
    expect(fates(times(5, aQuery(HOST)), limited({ exempt: ['192.0.2.0/24'] }))).toEqual(
      times(5, aQuery(HOST)).map(() => 'sent'),
    );
  });
});
