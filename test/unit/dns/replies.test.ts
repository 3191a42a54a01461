import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../../src/lib/address.ts';
import { DnsServer } from '../../../src/planes/dns/server.ts';
import type { Transfers } from '../../../src/planes/dns/transfers.ts';
import type { TcpLimits } from '../../../src/planes/dns/transport/tcp.ts';
import { TYPE } from '../../support/dns-wire.ts';
import { framed, TcpClient, UdpClients } from './sockets.ts';
import { anIngress, anUpdate, aQuery, aZone, HOST, read, SERIAL, SETTINGS, served, ZONE } from './support.ts';

const servers: DnsServer[] = [];
const soon = { timeout: 10_000, interval: 5 };

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** A server whose reply to a transfer is what the test says. */
async function serverWith(reply: () => Iterable<Buffer>, tcpLimits: Partial<TcpLimits> = {}) {
  const faults: unknown[] = [];
  const transfers: Transfers = {
    changed: () => undefined,
    respond: ({ type }) => (type === TYPE.AXFR ? reply() : undefined),
  };
  const server = new DnsServer({
    zones: [aZone()],
    serials: { [ZONE]: SERIAL },
    listen: [{ host: '127.0.0.1', port: 0 }],
    settings: SETTINGS,
    transfers: () => transfers,
    tcpLimits,
    onError: (error) => faults.push(error),
  });
  servers.push(server);
  const [address = { host: '', port: 0 }] = await server.start();
  server.apply(anUpdate([served(anIngress())]));
  server.sync();
  return { server, address, faults };
}

const TRANSFER = framed(aQuery(ZONE, { type: TYPE.AXFR }));

/** Messages that only tell their place. */
function* numbered(count: number, size = 64) {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(size, index & 0xff);
}

async function isAlive(address: Address): Promise<void> {
  const client = await TcpClient.to(address);
  client.socket.write(framed(aQuery(HOST)));
  await vi.waitFor(() => expect(client.responses).toHaveLength(1), soon);
  client.socket.destroy();
}

describe('a reply of several messages', () => {
  it('comes whole and in order, and what was asked behind it comes after', async () => {
    const { address } = await serverWith(() => numbered(1_000));
    const client = await TcpClient.to(address);
    client.socket.write(Buffer.concat([framed(aQuery(HOST, { id: 1 })), TRANSFER, framed(aQuery(HOST, { id: 2 }))]));
    await vi.waitFor(() => expect(client.responses).toHaveLength(1_002), soon);
    expect(client.responses.slice(1, -1).map((message) => message.readUInt8(0))).toEqual(
      Array.from({ length: 1_000 }, (_value, index) => index & 0xff),
    );
    expect([client.responses[0], client.responses.at(-1)].map((message) => read(message).message.id)).toEqual([1, 2]);
    client.socket.destroy();
  });

  it('comes whole to a client that has closed its side, and then the connection ends', async () => {
    const { address } = await serverWith(() => numbered(500));
    const client = await TcpClient.to(address);
    client.socket.end(TRANSFER);
    await client.closed;
    expect(client.responses).toHaveLength(500);
  });

  it('lets others have their turn, however long it is', async () => {
    const state = { taken: 0, goesOn: true };
    function* endless() {
      while (state.goesOn) {
        state.taken += 1;
        yield Buffer.alloc(512);
      }
    }
    const { address } = await serverWith(endless);
    const client = await TcpClient.to(address);
    client.socket.write(TRANSFER);
    await vi.waitFor(() => expect(state.taken).toBeGreaterThan(100), soon);
    const udp = await UdpClients.open(1);
    for (let id = 0; id < 20; id += 1) {
      udp.send(aQuery(HOST, { id }), address);
      await vi.waitFor(() => expect(udp.answered.size).toBe(id + 1), soon);
    }
    await isAlive(address);
    state.goesOn = false;
    client.socket.destroy();
    udp.close();
  });

  it('is made no further than the client reads, which is cut when it reads nothing for too long', async () => {
    const state = { taken: 0 };
    function* counted() {
      for (const message of numbered(100_000, 1_024)) {
        state.taken += 1;
        yield message;
      }
    }
    const { server, address } = await serverWith(counted, { messageMs: 500 });
    const client = await TcpClient.to(address);
    client.socket.pause();
    client.socket.write(TRANSFER);
    await vi.waitFor(() => expect(server.counters()).toMatchObject({ tcpCut: 1, tcpConnections: 0 }), soon);
    // Some megabytes lie in the kernel's buffers, of the hundred.
    expect(state.taken).toBeGreaterThan(0);
    expect(state.taken).toBeLessThan(50_000);
    client.socket.destroy();
  });

  it('is followed by nothing when the client has gone', async () => {
    const { server, address } = await serverWith(() => numbered(100_000, 1_024));
    const client = await TcpClient.to(address);
    client.socket.write(TRANSFER);
    await vi.waitFor(() => expect(client.responses.length).toBeGreaterThan(10), soon);
    client.socket.resetAndDestroy();
    await vi.waitFor(() => expect(server.counters().tcpConnections).toBe(0), soon);
    await isAlive(address);
  });

  it('that fails half-way ends its own connection and nothing else, and is told', async () => {
    function* broken() {
      yield* numbered(3);
      throw new Error('no more of it');
    }
    const { server, address, faults } = await serverWith(broken);
    const client = await TcpClient.to(address);
    client.socket.write(TRANSFER);
    await client.closed;
    expect(client.responses.length).toBeLessThanOrEqual(3);
    expect(faults).toEqual([new Error('no more of it')]);
    expect(server.counters().internalErrors).toBe(1);
    await isAlive(address);
  });

  it('is not for UDP', async () => {
    const { address } = await serverWith(() => numbered(3));
    const udp = await UdpClients.open(1);
    udp.send(aQuery(ZONE, { type: TYPE.AXFR, id: 7 }), address);
    udp.send(aQuery(HOST, { id: 8 }), address);
    await vi.waitFor(() => expect([...udp.answered.keys()]).toEqual([8]), soon);
    udp.close();
  });
});
