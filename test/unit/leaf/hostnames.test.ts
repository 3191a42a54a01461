import { Resolver } from 'node:dns/promises';
import { createServer, Packet } from 'dns2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Resolution, resolveRepeatedly } from '../../../src/planes/leaf/hostnames.ts';
import { until } from '../../support/until.ts';

/** What the DNS server answers with, by type. Undefined is SERVFAIL. */
let records: Readonly<Record<number, readonly string[]>> | undefined;
let ending: AbortController;
let seen: Resolution[];
let asked: number;
let resolver: Resolver;

const server = createServer({
  udp: true,
  handle(request, send) {
    asked += 1;
    const response = Packet.createResponseFromRequest(request);
    const [question] = request.questions;
    if (!records) Object.assign(response.header, { rcode: 2 });
    for (const address of (question && records?.[question.type]) ?? []) {
      if (question) response.answers.push(Packet.createResourceFromQuestion(question, { ttl: 1, address }));
    }
    void send(response);
  },
});

beforeAll(async () => {
  const { udp } = await server.listen({ udp: { port: 0, address: '127.0.0.1' } });
  if (!udp) throw new Error('no address');
  resolver = new Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${udp.port}`]);
});
afterAll(() => server.close());
beforeEach(() => {
  [seen, asked, ending] = [[], 0, new AbortController()];
});
afterEach(() => ending.abort());

const run = (): Promise<void> =>
  resolveRepeatedly('lb.example.net', { resolver, onResolution: (one) => seen.push(one), signal: ending.signal });

async function untilSeen(count: number): Promise<void> {
  await until(() => (seen.length >= count ? true : undefined), { what: `${count} resolutions`, timeoutMs: 10_000 });
}

describe('the name of a load balancer', () => {
  it('is resolved to all of its addresses, and again when half of its TTL is over', async () => {
    records = { [Packet.TYPE.A]: ['10.0.0.2', '10.0.0.1'], [Packet.TYPE.AAAA]: ['2001:db8::1'] };
    const running = run();
    await untilSeen(1);
    records = { [Packet.TYPE.A]: ['10.0.0.3'] };
    await untilSeen(2);
    ending.abort();
    await running;
    expect(seen).toEqual([
      { kind: 'resolved', addresses: ['10.0.0.1', '10.0.0.2', '2001:db8::1'] },
      { kind: 'resolved', addresses: ['10.0.0.3'] },
    ]);
  });

  it('keeps its addresses while it cannot be resolved', async () => {
    records = { [Packet.TYPE.A]: ['10.0.0.1'] };
    void run();
    await untilSeen(1);
    const before = asked;
    records = undefined;
    await until(() => (asked > before + 1 ? true : undefined), { what: 'another look-up', timeoutMs: 10_000 });
    ending.abort();
    expect(seen).toEqual([{ kind: 'resolved', addresses: ['10.0.0.1'] }]);
  });

  it('says why when it was never resolved', async () => {
    records = undefined;
    void run();
    await untilSeen(1);
    expect(seen).toEqual([{ kind: 'failed', message: expect.stringContaining('lb.example.net') }]);
  });
});
