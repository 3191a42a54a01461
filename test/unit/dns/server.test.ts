import { setTimeout as delay } from 'node:timers/promises';
import { TCPClient, UDPClient } from 'dns2';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Address } from '../../../src/lib/address.ts';
import { Counters } from '../../../src/planes/dns/counters.ts';
import { dnsPlane } from '../../../src/planes/dns/dns-plane.ts';
import { Networks } from '../../../src/planes/dns/limits/networks.ts';
import { DnsServer, type DnsServerOptions } from '../../../src/planes/dns/server.ts';
import { listenTcp, TCP_LIMITS } from '../../../src/planes/dns/transport/tcp.ts';
import { until } from '../../support/until.ts';
import { framed, TcpClient, UdpClients } from './sockets.ts';
import { anIngress, anUpdate, aQuery, aZone, EAST, HOST, read, SERIAL, SETTINGS, served, ZONE } from './support.ts';

const OPTIONS: Omit<DnsServerOptions, 'listen'> = { zones: [aZone()], serials: { [ZONE]: SERIAL }, settings: SETTINGS };
const running: DnsServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function started(options: Partial<DnsServerOptions> = {}) {
  const listen = [{ host: '127.0.0.1', port: 0 }];
  const server = new DnsServer({ ...OPTIONS, listen, random: () => 0.5, ...options });
  running.push(server);
  const addresses = await server.start();
  const [address] = addresses;
  if (address === undefined) throw new Error('no address');
  server.apply(anUpdate([served(anIngress())]));
  server.sync();
  return { server, address, addresses };
}

const text = ({ host, port }: Address) => `${host}:${port}`;
const soon = { timeout: 15_000, interval: 5 };

/** Answers over UDP while `work` goes on, with the slowest of them in milliseconds. */
async function slowestDuring(address: Address, work: () => Promise<unknown>): Promise<number> {
  const resolve = UDPClient({ dns: address.host, port: address.port, timeout: 3_000 });
  let slowest = 0;
  const state = { working: true };
  const done = work().finally(() => {
    state.working = false;
  });
  while (state.working) {
    const before = performance.now();
    await resolve(HOST, 'A');
    slowest = Math.max(slowest, performance.now() - before);
    await delay(1);
  }
  await done;
  return slowest;
}

describe('the server', () => {
  it('answers dns2 clients over UDP and TCP', async () => {
    const { address } = await started();
    const options = { dns: address.host, port: address.port };
    for (const resolve of [UDPClient(options), TCPClient(options)]) {
      expect((await resolve(HOST, 'A')).answers).toMatchObject([{ name: HOST, address: '127.0.0.11', ttl: 5 }]);
      expect((await resolve('example.test', 'SOA')).answers).toMatchObject([{ primary: 'ns1.example.test' }]);
      expect((await resolve('nothing.example.test', 'A')).header.rcode).toBe(3);
    }
  });

  it('sends what does not fit UDP over TCP, which dns2 follows', async () => {
    const { server, address } = await started();
    const addresses = Array.from({ length: 200 }, (_value, index) => `10.0.0.${index}`);
    server.apply(anUpdate([served(anIngress({ targets: [{ ...EAST, share: 10_000, addresses }] }))]));
    const response = await UDPClient({ dns: address.host, port: address.port })(HOST, 'A');
    expect(response.answers).toHaveLength(200);
    expect(server.counters().truncated).toBe(1);
  });

  it('draws by share over the wire: 1,000 answers, each cluster within 2', async () => {
    const { address } = await started();
    const clients = await UdpClients.open(20);
    for (let id = 0; id < 1_000; id += 1) {
      clients.send(aQuery(HOST, { id }), address);
      if (id % 50 === 49) await vi.waitFor(() => expect(clients.answered.size).toBe(id + 1), soon);
    }
    const east = [...clients.answered.values()].filter((message) => read(message).addresses.includes('127.0.0.11'));
    clients.close();
    expect(Math.abs(east.length - 900)).toBeLessThanOrEqual(2);
  });

  it('binds several addresses by name, and answers from the one asked', async () => {
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.5', port: 0 },
      { host: '::1', port: 0 },
    ];
    const { addresses } = await started({ listen });
    for (const { host, port } of addresses) {
      const socketType = host === '::1' ? 'udp6' : 'udp4';
      const response = await UDPClient({ dns: host, port, socketType })(HOST, 'A');
      expect(response.answers).toHaveLength(1);
    }
  });

  it('binds all addresses or none, and names the one that it cannot have', async () => {
    const { address } = await started();
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '192.0.2.1', port: 5_300 },
    ];
    const server = new DnsServer({ ...OPTIONS, listen });
    await expect(server.start()).rejects.toThrow('192.0.2.1:5300: this machine has no such address');
    expect(address.port).toBeGreaterThan(0);
  });

  it('answers everything that was sent before it stops', async () => {
    const { server, address } = await started();
    const clients = await UdpClients.open(50);
    const connection = await TcpClient.to(address);
    for (let id = 0; id < 200; id += 1) clients.send(aQuery(HOST, { id }), address);
    connection.socket.write(Buffer.concat(Array.from({ length: 100 }, (_value, id) => framed(aQuery(HOST, { id })))));
    await vi.waitFor(() => expect(server.counters().queries).not.toEqual([]), { ...soon, interval: 1 });
    await server.stop();
    await vi.waitFor(() => expect(clients.answered.size).toBe(200), soon);
    clients.close();
  });
});

describe('TCP', () => {
  it('answers 50 queries of one segment, each once', async () => {
    const { address } = await started();
    const client = await TcpClient.to(address);
    const ids = Array.from({ length: 50 }, (_value, id) => id);
    client.socket.write(Buffer.concat(ids.map((id) => framed(aQuery(HOST, { id })))));
    await vi.waitFor(() => expect(client.responses.map((one) => one.readUInt16BE(0))).toEqual(ids), soon);
    client.socket.destroy();
  });

  it('puts a query together from single octets, and answers after a half-close', async () => {
    const { address } = await started();
    const client = await TcpClient.to(address);
    client.socket.setNoDelay(true);
    for (const octet of framed(aQuery(HOST))) client.socket.write(Buffer.of(octet));
    client.socket.end();
    await client.closed;
    expect(client.responses.map((one) => read(one).addresses)).toEqual([['127.0.0.11']]);
  });

  it.each([
    ['a length of zero', Buffer.of(0, 0)],
    ['a message shorter than a header', framed(Buffer.alloc(11))],
  ])('closes at %s', async (_name, octets) => {
    const { server, address } = await started();
    const client = await TcpClient.to(address);
    client.socket.write(octets);
    await client.closed;
    expect(server.counters()).toMatchObject({ tcpCut: 1, tcpConnections: 0 });
  });

  it('cuts a client that dribbles: octets do not extend its time', async () => {
    const { address } = await started({ tcpLimits: { messageMs: 300 } });
    const client = await TcpClient.to(address);
    const begun = performance.now();
    const dribble = setInterval(() => client.socket.write(Buffer.of(1)), 20);
    await client.closed;
    clearInterval(dribble);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(client.responses).toEqual([]);
  });

  it('gives a client new time with each whole message', async () => {
    const { address } = await started({ tcpLimits: { messageMs: 400 } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const client = await TcpClient.to(address);
    for (let id = 0; id < 4; id += 1) {
      client.socket.write(framed(aQuery(HOST, { id })));
      await until(() => client.responses.length === id + 1 || undefined, { what: `answer ${id}` });
      vi.advanceTimersByTime(300);
    }
    vi.advanceTimersByTime(100);
    await client.closed;
  });

  it('caps connections of one address, and in all', async () => {
    const { server, address } = await started({ tcpLimits: { connectionsPerAddress: 3 } });
    const clients = [];
    for (let index = 0; index < 5; index += 1) clients.push(await TcpClient.to(address));
    await vi.waitFor(() => expect(server.counters()).toMatchObject({ tcpCut: 2, tcpConnections: 3 }), soon);
    const [first] = clients;
    first?.socket.destroy();
    await vi.waitFor(() => expect(server.counters().tcpConnections).toBe(2), soon);
    const again = await TcpClient.to(address);
    again.socket.write(framed(aQuery(HOST)));
    await vi.waitFor(() => expect(again.responses).toHaveLength(1), soon);
    for (const client of [...clients, again]) client.socket.destroy();
  });

  it('delays nobody for a client that pipelines 20,000 queries and never reads, stops answering it, and cuts it', async () => {
    const { server, address } = await started({ tcpLimits: { messageMs: 1_000 } });
    const addresses = Array.from({ length: 100 }, (_value, index) => `10.0.0.${index}`);
    const targets = [{ ...EAST, share: 10_000, addresses }];
    server.apply(anUpdate([served(anIngress({ host: 'big.example.test', targets }))]));
    const slowest = await slowestDuring(address, async () => {
      const { socket } = await TcpClient.to(address);
      socket.pause();
      const query = framed(aQuery('big.example.test'));
      socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => query)));
      await vi.waitFor(() => expect(server.counters()).toMatchObject({ tcpCut: 1, tcpConnections: 0 }), {
        timeout: 10_000,
      });
      socket.destroy();
    });
    expect(slowest).toBeLessThan(3_000);
    // What the kernel's buffers hold was answered, some megabytes of the 33.
    const big = server.counters().answers.find(({ host }) => host === 'big.example.test');
    expect(big?.count).toBeLessThan(10_000);
  });

  it('answers at most 32 queries of a connection before others get their turn', async () => {
    const port = (await started()).address.port + 1;
    let turn = 0;
    let working = true;
    const perTurn = new Map<number, number>();
    const tick = () => {
      turn += 1;
      if (working) setImmediate(tick);
    };
    tick();
    const respond = (message: Buffer) => {
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
      return message;
    };
    const listener = await listenTcp(
      { host: '127.0.0.7', port },
      { respond, counters: new Counters(), limits: TCP_LIMITS, onError: () => undefined },
    );
    const client = await TcpClient.to({ host: '127.0.0.7', port });
    client.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => framed(aQuery(HOST)))));
    await vi.waitFor(() => expect(client.responses).toHaveLength(1_000), soon);
    working = false;
    client.socket.destroy();
    await listener.close();
    // What comes in and what is left over may meet in one turn.
    expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(64);
  });

  it('delays nobody for ten half-messages that stall', async () => {
    const { address } = await started();
    const stalled = await Promise.all(Array.from({ length: 10 }, () => TcpClient.to(address)));
    for (const { socket } of stalled) socket.write(framed(aQuery(HOST)).subarray(0, 20));
    const resolve = TCPClient({ dns: address.host, port: address.port });
    expect((await resolve(HOST, 'A')).answers).toHaveLength(1);
    for (const { socket } of stalled) socket.destroy();
  });

  it('survives clients that reset while answers are on their way', async () => {
    const { server, address } = await started();
    for (let round = 0; round < 20; round += 1) {
      const { socket } = await TcpClient.to(address);
      socket.write(Buffer.concat(Array.from({ length: 500 }, () => framed(aQuery(HOST)))));
      socket.resetAndDestroy();
    }
    await vi.waitFor(() => expect(server.counters().tcpConnections).toBe(0), soon);
    const resolve = TCPClient({ dns: address.host, port: address.port });
    expect((await resolve(HOST, 'A')).answers).toHaveLength(1);
    expect(server.counters().internalErrors).toBe(0);
  });
});

describe('the control side of the plane', () => {
  const signal = new AbortController().signal;

  it('sees which revision each server has in force', async () => {
    const { server, address } = await started();
    const gone = '127.0.0.1:9';
    const plane = dnsPlane({ servers: [text(address), gone], zones: ['example.test'] });
    const observed = await plane.observe(HOST, 7, signal);
    expect(observed).toMatchObject([
      { kind: 'inForce', instance: text(address) },
      { kind: 'unknown', instance: gone, reason: 'NoAnswer' },
    ]);
    expect((await plane.observe(HOST, 6, signal))[0]).toMatchObject({ kind: 'inForce' });
    expect((await plane.observe(HOST, 8, signal))[0]).toMatchObject({
      kind: 'pending',
      reason: 'OldRevision',
      message: `DNS server ${text(address)} serves revision 7 of ${HOST}, wanted is 8`,
    });
    server.apply(anUpdate([], { removed: [HOST] }));
    expect((await plane.observe(HOST, 8, signal))[0]).toMatchObject({ kind: 'pending', reason: 'NotServed' });
  });

  it('tells who can work', async () => {
    const { address } = await started();
    const servers = [text(address), '127.0.0.1:9'];
    expect(await dnsPlane({ servers, zones: ['example.test'] }).health(signal)).toMatchObject([
      { kind: 'healthy' },
      { kind: 'unhealthy' },
    ]);
    const [other] = await dnsPlane({ servers, zones: ['example.test', 'other.test'] }).health(signal);
    expect(other).toMatchObject({
      kind: 'unhealthy',
      message: expect.stringContaining('REFUSED for the SOA of other.test'),
    });
  });

  it('is told that it may not ask, and by which setting it could', async () => {
    const { address } = await started({ settings: { ...SETTINGS, trusted: Networks.parse(['192.0.2.0/24']) } });
    const [refused] = await dnsPlane({ servers: [text(address)], zones: [] }).observe(HOST, 7, signal);
    expect(refused).toMatchObject({ kind: 'unknown', reason: 'NoRevision' });
    expect(refused).toMatchObject({ message: expect.stringMatching(/answers REFUSED .*dns\.trusted has to hold/) });
  });

  it.each(['255.255.255.255:53', '[2001:db8::1]:53', '0.0.0.0:0'])(
    'does not stumble over %s, which nobody can be asked at',
    async (nowhere) => {
      const plane = dnsPlane({ servers: [nowhere], zones: [], timeoutMs: 200 });
      expect(await plane.observe(HOST, 7, signal)).toMatchObject([{ kind: 'unknown', reason: 'NoAnswer' }]);
      expect(await plane.measure(HOST, signal)).toEqual({});
    },
  );

  it('gives a silent server 500 ms, and stops at once when called off', async () => {
    const silent = await UdpClients.open(1);
    const { address } = await started();
    const plane = dnsPlane({ servers: ['192.0.2.1:53'], zones: ['example.test'] });
    const begun = performance.now();
    expect((await plane.observe(HOST, 1, signal))[0]).toMatchObject({ kind: 'unknown', reason: 'NoAnswer' });
    expect(performance.now() - begun).toBeLessThan(10_000);
    const [aborted] = await dnsPlane({ servers: [text(address)], zones: [] }).observe(HOST, 1, AbortSignal.abort());
    expect(aborted).toMatchObject({ kind: 'unknown', message: expect.stringContaining('called off') });
    silent.close();
  });
});
