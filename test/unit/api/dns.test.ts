import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DnsExplanation } from '../../../src/client/http/dns-schemas.ts';
import { createHttpClient } from '../../../src/client/http/http-client.ts';
import { anIngress, anUpdate, EAST, HOST, served, WEST } from '../dns/support.ts';
import { aDnsService, aListeningApi, anApi, bearer, tokenAuth } from './api.ts';
import { aDnsServer, dnsServiceOf } from './dns-server.ts';

const SHARED = [EAST, WEST];
const EPOCH = '1970-01-01T00:00:00.000Z';
const SLOTS = [
  { cluster: 'east', count: 9_000 },
  { cluster: 'west', count: 1_000 },
];

/** What the API says of a hostname that one real DNS server serves. */
async function explain(query: string, ...hosts: Parameters<typeof aDnsServer>) {
  const { address, server } = await aDnsServer(...hosts);
  const { app } = anApi({ dns: dnsServiceOf(address) });
  const answer = await app.inject({ url: `/v1/dns/explain?${query}` });
  return { status: answer.statusCode, body: answer.json<DnsExplanation & { detail: string }>(), address, server };
}

const summaryOf = async (query: string, ...hosts: Parameters<typeof aDnsServer>) => {
  return (await explain(query, ...hosts)).body.summary;
};

describe('explaining what a client would get', () => {
  it('asks the server over the wire and says everything that it says', async () => {
    const { status, body, address, server } = await explain(`host=${HOST}&subnet=198.51.100.0/24`);
    const health = { state: 'unknown', since: EPOCH, message: 'as the test says' };
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        host: HOST,
        subnet: '198.51.100.0/24',
        servers: [
          {
            kind: 'explained',
            server: address,
            revision: 7,
            ttlSeconds: 5,
            client: '198.51.100.0/24',
            routing: 'weighted',
            draw: 'stratified',
            failsOpen: false,
            clusters: [
              { cluster: 'east', share: 9_000, health },
              { cluster: 'west', share: 1_000, health },
            ],
            answers: [
              { type: 'A', clusters: ['east', 'west'], scopeBits: 0 },
              { type: 'AAAA', clusters: ['east'], scopeBits: 0 },
            ],
          },
        ],
        summary: [
          `revision 7 of ${HOST} is served, with a TTL of 5 s`,
          'A in turn by share: east 90 %, west 10 %',
          'AAAA always east, the only cluster that can',
        ],
      },
    });
    expect(server.counters().answers.map(({ count }) => count)).toEqual([0, 0]);
  });

  const V4_ONLY = SHARED.map((target) => ({ ...target, addresses: target.addresses.slice(0, 1) }));

  it('asks on behalf of this machine without a subnet', async () => {
    const { body } = await explain(`host=${HOST}`);
    expect(body).not.toHaveProperty('subnet');
    expect(body.servers).toMatchObject([{ client: '127.0.0.1/32' }]);
  });

  it.each([
    ['198.51.100.7', '198.51.100.7/32'],
    ['2001:db8:0::/56', '2001:db8::/56'],
  ])('takes %s for a client', async (subnet, client) => {
    const { body } = await explain(`host=${HOST}&subnet=${subnet}`);
    expect(body).toMatchObject({ subnet: client, servers: [{ client }] });
  });

  it('says who always answers a network when the draw is sticky', async () => {
    const sticky = anIngress({
      targets: V4_ONLY,
      routing: { kind: 'weighted', draw: { kind: 'sticky', slots: SLOTS } },
    });
    const { body } = await explain(`host=${HOST}&subnet=198.51.100.0/24`, [served(sticky)]);
    expect(body.servers).toMatchObject([{ draw: 'sticky', answers: [{ type: 'A', scopeBits: 24 }] }]);
    expect(body.summary[1]).toMatch(/^A always (east|west) for 198\.51\.100\.0\/24 \(sticky\)$/);
  });

  it('says the share among those that are up, and who is down', async () => {
    const north = { ...WEST, cluster: 'north', share: 1_000 };
    const state = anIngress({ targets: [{ ...EAST, share: 8_000, addresses: ['127.0.0.11'] }, north, WEST] });
    expect(await summaryOf(`host=${HOST}`, [served(state, { down: ['west'] })])).toEqual([
      `revision 7 of ${HOST} is served, with a TTL of 5 s`,
      'A in turn by share: east 88.89 %, north 11.11 %',
      `west is down since ${EPOCH}: as the test says`,
    ]);
  });

  it('says that health is left out of account', async () => {
    const state = served(anIngress({ targets: V4_ONLY }), { down: ['east'], failsOpen: true });
    expect((await summaryOf(`host=${HOST}`, [state])).slice(1)).toEqual([
      'A in turn by share: east 90 %, west 10 %',
      'all are answered although east is down: too much of the share would go (fail open)',
    ]);
  });

  it('says who serves in a failover', async () => {
    const state = anIngress({ targets: V4_ONLY, routing: { kind: 'failover', clusters: ['east', 'west'] } });
    const { body } = await explain(`host=${HOST}`, [served(state, { down: ['east'] })]);
    expect(body.servers[0]).not.toHaveProperty('draw');
    expect(body.summary[1]).toBe('A always west, the first of the failover order that can');
  });

  it('says so when nothing has an address', async () => {
    expect(await summaryOf(`host=${HOST}`, [served(anIngress({ targets: [] }))])).toContain(
      'no address is answered: no cluster with a share has one',
    );
  });

  it('says so when the server heeds no client subnets', async () => {
    const summary = await summaryOf(`host=${HOST}&subnet=198.51.100.0/24`, undefined, { clientSubnet: false });
    expect(summary).toContain('the server heeds no client subnets (dns.clientSubnet), so this is for 127.0.0.1/32');
  });

  it('follows over TCP what does not fit a datagram', async () => {
    const targets = Array.from({ length: 60 }, (_, index) => {
      return { cluster: `cluster-${index}`, share: index === 0 ? 10_000 : 0, addresses: ['127.0.0.1'], hostnames: [] };
    });
    const { body, server } = await explain(`host=${HOST}`, [served(anIngress({ targets }))]);
    expect(body.servers).toMatchObject([{ kind: 'explained', clusters: { length: 60 } }]);
    expect(server.counters().truncated).toBe(1);
  });

  it('says once what all servers say alike, and apart what they do not', async () => {
    const [first, second] = [await aDnsServer(), await aDnsServer()];
    const { app } = anApi({ dns: dnsServiceOf(first.address, second.address) });
    const summary = async () =>
      (await app.inject({ url: `/v1/dns/explain?host=${HOST}` })).json<DnsExplanation>().summary;
    expect(await summary()).toHaveLength(3);
    second.server.apply(anUpdate([served(anIngress({ revision: 8, targets: SHARED }))]));
    expect(await summary()).toEqual(
      expect.arrayContaining([
        `${first.address}: revision 7 of ${HOST} is served, with a TTL of 5 s`,
        `${second.address}: revision 8 of ${HOST} is served, with a TTL of 5 s`,
      ]),
    );
  });

  it('names the server that says nothing beside the one that does', async () => {
    const { address } = await aDnsServer();
    const mute = await aMuteServer();
    const { app } = anApi({ dns: dnsServiceOf(address, mute) });
    const answer = await app.inject({ url: `/v1/dns/explain?host=${HOST}` });
    const message = `DNS server ${mute} does not explain ${HOST}: no answer within 1000 ms`;
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      servers: [{ kind: 'explained' }, { kind: 'unknown', server: mute, reason: 'NoAnswer', message }],
      summary: expect.arrayContaining([message]),
    });
  });

  it.each([
    ['that no server serves', 'other.example.test', 404, /does not serve other\.example\.test$/],
    ['outside of all zones', 'shop.elsewhere.test', 404, /does not serve shop\.elsewhere\.test$/],
  ])('answers for a hostname %s', async (_what, host, status, detail) => {
    expect(await explain(`host=${host}`)).toMatchObject({ status, body: { detail: expect.stringMatching(detail) } });
  });

  it('answers 503 when no server says anything', async () => {
    const { app } = anApi({ dns: dnsServiceOf(await aMuteServer()) });
    const answer = await app.inject({ url: `/v1/dns/explain?host=${HOST}` });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('says what to set when the server does not trust this machine', async () => {
    const { Networks } = await import('../../../src/planes/dns/limits/networks.ts');
    const { status, body } = await explain(`host=${HOST}`, undefined, { trusted: Networks.parse([]) });
    expect({ status, detail: body.detail }).toEqual({
      status: 503,
      detail: expect.stringMatching(/refuses to explain .*: this machine is not in its dns\.trusted$/),
    });
  });

  it.each([
    ['', 'query.host', /^missing; write a hostname/],
    ['host=Shop.example.test', 'query.host', /write it in lower case/],
    [`host=${HOST}&subnet=300.1.1.1`, 'query.subnet', /^found "300\.1\.1\.1"; allowed: an IP address or a network/],
    [
      `host=${HOST}&subnet=198.51.100.7/24`,
      'query.subnet',
      /bits set behind its prefix, did you mean 198\.51\.100\.0\/24/,
    ],
    [`host=${HOST}&subnet=198.51.100.0/33`, 'query.subnet', /this address has 32 bits/],
    [`host=${HOST}&subnet=0.0.0.0/0`, 'query.subnet', /allowed/],
    [`host=${HOST}&subnett=1.1.1.1`, 'query.subnett', /subnet/],
  ])('refuses ?%s', async (query, path, message) => {
    const { app } = anApi();
    const answer = await app.inject({ url: `/v1/dns/explain?${query}` });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issues).toMatchObject([{ path, message: expect.stringMatching(message) }]);
  });
});

const CHALLENGE = `/v1/dns/challenges/${HOST}`;
const put = (values: unknown) => ({ method: 'PUT', url: CHALLENGE, body: { values } }) as const;

describe('challenges', () => {
  it('are kept for an hour, told, and taken back', async () => {
    const { app } = anApi();
    const before = Date.now();
    const set = await app.inject(put(['a', 'b c']));
    expect(set.statusCode).toBe(200);
    expect(set.json()).toEqual({ host: HOST, values: ['a', 'b c'], expiresAt: expect.any(String) });
    const lifetime = Date.parse(set.json().expiresAt) - before;
    expect(lifetime).toBeGreaterThanOrEqual(3_600_000);
    expect(lifetime).toBeLessThan(3_610_000);
    expect((await app.inject({ url: CHALLENGE })).json()).toEqual(set.json());
    const cleared = await app.inject({ method: 'DELETE', url: CHALLENGE });
    expect(cleared.json()).toEqual({ message: `nothing is answered at _acme-challenge.${HOST} any more` });
    expect((await app.inject({ method: 'DELETE', url: CHALLENGE })).statusCode).toBe(200);
    expect((await app.inject({ url: CHALLENGE })).statusCode).toBe(404);
  });

  it('are refused for a hostname that nobody claims', async () => {
    const { app } = anApi({ dns: aDnsService({ isClaimed: async () => false }) });
    const answer = await app.inject(put(['a']));
    expect(answer.statusCode).toBe(404);
    expect(answer.json().detail).toContain(`no FederatedIngress claims ${HOST}`);
  });

  it.each([
    ['none', [], 'values', /a list of 1 to 8 values/],
    ['nine', Array.from({ length: 9 }, String), 'values', /a list of 1 to 8 values/],
    ['an empty one', [''], 'values[0]', /printable ASCII/],
    ['one of 256 characters', ['x'.repeat(256)], 'values[0]', /1 to 255/],
    ['one that is not ASCII', ['é'], 'values[0]', /printable ASCII/],
    ['one with a line break', ['a\nb'], 'values[0]', /printable ASCII/],
    ['a number', [7], 'values[0]', /printable ASCII/],
    ['no list', 'a', 'values', /a list/],
  ])('are refused with %s', async (_what, values, path, message) => {
    const { app } = anApi();
    const answer = await app.inject(put(values));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().issues).toMatchObject([{ path, message: expect.stringMatching(message) }]);
  });

  it('need an operator, also to be read; explaining needs a viewer', async () => {
    const { address } = await aDnsServer();
    const { app } = anApi({ auth: tokenAuth, dns: dnsServiceOf(address) });
    const headers = bearer('viewer');
    expect((await app.inject({ url: `/v1/dns/explain?host=${HOST}`, headers })).statusCode).toBe(200);
    expect((await app.inject({ url: CHALLENGE, headers })).statusCode).toBe(403);
    expect((await app.inject({ ...put(['a']), headers })).statusCode).toBe(403);
    expect((await app.inject({ method: 'DELETE', url: CHALLENGE, headers })).statusCode).toBe(403);
    expect((await app.inject({ ...put(['a']), headers: bearer('operator') })).statusCode).toBe(200);
  });

  it('stand in the log with who set them for which hostname, without their values', async () => {
    const { app, logged } = anApi({ auth: tokenAuth });
    await app.inject({ ...put(['a-secret']), headers: bearer('operator') });
    const line = { actor: 'operator-name', verb: 'setChallenge', host: HOST, outcome: 'done' };
    expect(logged().find(({ msg }) => msg === 'mutation')).toMatchObject(line);
    expect(JSON.stringify(logged())).not.toContain('a-secret');
  });

  it('answer 503 when they cannot be kept', async () => {
    const { challenges } = aDnsService();
    const full = { ...challenges, put: async () => Promise.reject(new Error('ENOSPC: no space left on device')) };
    const { app } = anApi({ dns: aDnsService({ challenges: full }) });
    const answer = await app.inject(put(['a']));
    expect(answer.statusCode).toBe(503);
    expect(answer.json().detail).toBe('the store of challenges cannot be used: ENOSPC: no space left on device');
  });
});

describe('the HTTP client', () => {
  it('explains, and sets, reads and clears challenges', async () => {
    const { address } = await aDnsServer();
    const { url } = await aListeningApi({ dns: dnsServiceOf(address) });
    const { dns } = createHttpClient({ server: url });
    expect(await dns.explain(HOST, '198.51.100.0/24')).toMatchObject({ subnet: '198.51.100.0/24' });
    expect(await dns.explain(HOST)).toMatchObject({ servers: [{ server: address, kind: 'explained' }] });
    const set = await dns.setChallenge(HOST, ['a']);
    expect(await dns.challenge(HOST)).toEqual(set);
    await dns.clearChallenge(HOST);
    await expect(dns.challenge(HOST)).rejects.toMatchObject({ kind: 'notFound' });
  });
});

async function aMuteServer(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}
