import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Address } from '../../src/lib/address.ts';
import { Counters } from '../../src/planes/dns/counters.ts';
import { DnsServer } from '../../src/planes/dns/server.ts';
import { listenUdp } from '../../src/planes/dns/transport/udp.ts';
import { figuresOf } from '../bench/dns-alive/figures.ts';
import { HOST, Installation, isAlive } from '../bench/dns-alive/installation.ts';
import { Load, type LoadOptions, type Observed } from '../bench/dns-alive/load.ts';
import { freeAddress } from '../support/free-address.ts';
import { until } from '../support/until.ts';
import { framed, TcpClient } from '../unit/dns/sockets.ts';
import { aQuery, aZone, SERIAL, SETTINGS } from '../unit/dns/support.ts';

/** The short version of `npm run bench:dns-alive`, which measures; here answers count, however late a busy machine is. */

const QUERIES_PER_SECOND = 500;
const WORKERS = 2;

async function anInstallation(): Promise<Installation> {
  const address = await freeAddress();
  const installation = await Installation.make({ address, metrics: await freeAddress(), workers: WORKERS });
  onTestFinished(() => installation.remove());
  return installation;
}

async function aLoad(server: Address, overrides: Partial<LoadOptions> = {}): Promise<Load> {
  const { queriesPerSecond = QUERIES_PER_SECOND, patienceMs = 10_000 } = overrides;
  const load = await Load.start({ server, host: HOST, queriesPerSecond, sockets: 64, patienceMs });
  await load.more(queriesPerSecond / 4);
  return load;
}

/** Places of the queries that were never answered. */
function unanswered({ answeredAt }: Observed): readonly number[] {
  return [...answeredAt.keys()].filter((place) => Number.isNaN(answeredAt[place]));
}

describe('the DNS server under load', { timeout: 60_000 }, () => {
  it('loses what was in the socket of a worker that is killed with -9, and goes on', async () => {
    const installation = await anInstallation();
    installation.startAlone();
    const { workers } = await installation.untilWhole();
    const load = await aLoad(installation.address, { patienceMs: 3_000 });
    const victim = workers.slice(0, 1);
    for (const pid of victim) process.kill(pid, 'SIGKILL');
    await installation.untilWhole(victim);
    await load.more(QUERIES_PER_SECOND);
    const observed = await load.stop();
    const lost = unanswered(observed);
    // A killed process keeps its socket until it has had its turn to die: half a second of its share at the very most.
    expect(lost.length).toBeLessThan(QUERIES_PER_SECOND / WORKERS / 2);
    expect(lost.filter((place) => place >= observed.sentAt.length - QUERIES_PER_SECOND)).toEqual([]);
    expect(observed.faulty).toBe(0);
  });

  it('loses none when its workers are replaced because a zone file has changed', async () => {
    const installation = await anInstallation();
    installation.startAlone();
    const { control, workers } = await installation.untilWhole();
    const load = await aLoad(installation.address);
    installation.changeZoneFile();
    const after = await installation.untilWhole(workers);
    await load.more(QUERIES_PER_SECOND / 4);
    const observed = await load.stop();
    expect(after.control).toBe(control);
    expect(unanswered(observed)).toEqual([]);
    expect(observed.faulty).toBe(0);
  });

  it('loses none when another process takes over, which answers TCP clients of the old one to the end', async () => {
    const installation = await anInstallation();
    installation.startAlone();
    const { control, workers } = await installation.untilWhole();
    const load = await aLoad(installation.address);
    const client = await TcpClient.to(installation.address);
    const asked = await askUntilClosed(client, () => void installation.startAlone());
    await installation.untilWhole([control, ...workers]);
    await load.more(QUERIES_PER_SECOND / 4);
    const observed = await load.stop();
    expect(client.responses.map((response) => response.readUInt16BE(0))).toEqual(asked);
    expect(unanswered(observed)).toEqual([]);
    expect(observed.faulty).toBe(0);
    expect(installation.log()).toContain('took over');
  });

  it('loses none when its control process is killed with -9, and the next one while it takes over', async () => {
    const installation = await anInstallation();
    const supervisor = installation.startSupervised();
    const first = await installation.untilWhole();
    const load = await aLoad(installation.address);
    process.kill(first.control, 'SIGKILL');
    const next = () => {
      const running = installation.running();
      return running === undefined || running.control === first.control ? undefined : running;
    };
    const second = await until(next, { what: 'a new control process is on record' });
    process.kill(second.control, 'SIGKILL');
    const gone = [first.control, ...first.workers, second.control, ...second.workers];
    await installation.untilWhole(gone);
    await load.more(QUERIES_PER_SECOND / 4);
    const observed = await load.stop();
    expect(unanswered(observed)).toEqual([]);
    expect(observed.faulty).toBe(0);
    const exit = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    await exit;
    expect(installation.seen().filter(isAlive)).toEqual([]);
  });
});

/** One query after the other until the server closes the connection. The ids that were asked, the last one unless it crossed. */
async function askUntilClosed(client: TcpClient, disturb: () => void): Promise<readonly number[]> {
  const asked: number[] = [];
  while (!client.socket.readableEnded) {
    const id = asked.length + 1;
    client.socket.write(framed(aQuery(HOST, { id })));
    asked.push(id);
    if (id === 10) disturb();
    await until(() => client.responses.length === id || client.socket.readableEnded || undefined, {
      what: 'a TCP answer',
    });
  }
  // Asked when the server had closed already: it was never there to be read.
  return client.responses.length < asked.length ? asked.slice(0, -1) : asked;
}

describe('a listener that closes', { timeout: 30_000 }, () => {
  /** The question back, as an answer with one record that it does not have. */
  function echo(message: Buffer): Buffer {
    const answer = Buffer.from(message);
    answer.writeUInt16BE(0x8000, 2);
    answer.writeUInt16BE(1, 6);
    return answer;
  }

  it('loses no datagram, however often one leaves another alone', async () => {
    const address = await freeAddress();
    const open = () =>
      listenUdp(address, {
        respond: echo,
        counters: new Counters(),
        onError: (error) => expect(error).toBeUndefined(),
      });
    const steady = await open();
    onTestFinished(() => steady.close());
    const load = await aLoad(address, { queriesPerSecond: 5_000 });
    for (let round = 0; round < 100; round += 1) {
      const other = await open();
      // Until it has had some of it.
      await load.more(25);
      await other.close();
    }
    expect(figuresOf(await load.stop())).toMatchObject({ lost: 0, faulty: 0 });
  });

  it('answers over TCP what it had not read yet', async () => {
    const address = await freeAddress();
    const server = new DnsServer({
      zones: [aZone()],
      serials: { 'example.test': SERIAL },
      listen: [address],
      settings: SETTINGS,
    });
    server.sync();
    await server.start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => TcpClient.to(address)));
    for (const client of clients) {
      client.socket.write(Buffer.concat([1, 2, 3].map((id) => framed(aQuery('example.test', { id, type: 6 })))));
    }
    await server.stop();
    await until(() => clients.every(({ responses }) => responses.length === 3) || undefined, {
      what: `three answers each, not ${clients.map(({ responses }) => responses.length).join()}`,
      timeoutMs: 5_000,
    });
  });
});
