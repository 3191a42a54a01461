import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatAddress } from '../../../src/lib/address.ts';
import { answersIn, type Counted, countedSince } from '../../../src/plan/measured.ts';
import { type AnswerTotals, machineClock } from '../../../src/planes/dns/answer-totals.ts';
import { dnsPlane } from '../../../src/planes/dns/dns-plane.ts';
import { Networks } from '../../../src/planes/dns/limits/networks.ts';
import { DnsServer, type DnsServerOptions } from '../../../src/planes/dns/server.ts';
import { TYPE } from '../../../src/planes/dns/wire/constants.ts';
import { KnownTotals } from '../../../src/worker/dns/known-totals.ts';
import { type CountingWorker, TotalsOfWorkers } from '../../../src/worker/dns/totals-of-workers.ts';
import { DnsScene, ended, SLOW } from './process-scene.ts';
import { UdpClients } from './sockets.ts';
import { anIngress, anUpdate, aQuery, aZone, EAST, HOST, SERIAL, SETTINGS, served, WEST, ZONE } from './support.ts';

const { signal } = new AbortController();
const HOST_PORT = { host: '127.0.0.1', port: 0 };
const only = (counted: Counted) => Object.values(counted)[0];

describe('a server alone', () => {
  const running: DnsServer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });

  async function started(options: Partial<DnsServerOptions> = {}) {
    const common = { zones: [aZone()], serials: { [ZONE]: SERIAL }, settings: SETTINGS };
    const server = new DnsServer({ ...common, listen: [HOST_PORT], ...options });
    running.push(server);
    const bound = await server.start();
    const [address = { host: '', port: 0 }] = bound;
    server.apply(anUpdate([served(anIngress())]));
    server.sync();
    const instance = `${address.host}:${address.port}`;
    const plane = dnsPlane({ servers: [instance], zones: [ZONE] });
    const addresses = bound.map(formatAddress);
    return { server, address, addresses, instance, measure: () => plane.measure(HOST, signal) };
  }

  /** Asks so many times, and waits for all answers. */
  async function ask(address: { host: string; port: number }, count: number, type: number = TYPE.A): Promise<void> {
    const clients = await UdpClients.open(1);
    for (let id = 0; id < count; id += 1) clients.send(aQuery(HOST, { id, type }), address);
    await vi.waitFor(() => expect(clients.answered.size).toBe(count), { ...SLOW, interval: 5 });
    clients.close();
  }

  it('tells over the wire how many answers each cluster has had', async () => {
    const { address, instance, measure } = await started();
    expect(Object.keys(await measure())).toEqual([expect.stringMatching(new RegExp(`^${instance}#.+`))]);
    expect(only(await measure())).toEqual({ east: 0, west: 0 });
    await ask(address, 100);
    expect(only(await measure())).toEqual({ east: 90, west: 10 });
    await ask(address, 10);
    expect(only(await measure())).toEqual({ east: 99, west: 11 });
  });

  it('counts an answer once when it is asked at each of the addresses that it listens at', async () => {
    const listen = [HOST_PORT, HOST_PORT];
    const { address, addresses } = await started({ listen });
    const plane = dnsPlane({ servers: addresses, zones: [ZONE] });
    const since = await plane.measure(HOST, signal);
    expect(Object.keys(since)).toHaveLength(2);
    await ask(address, 100);
    expect(countedSince(since, await plane.measure(HOST, signal))).toEqual({ east: 90, west: 10 });
  });

  it('does not count what was drawn among some of the clusters only: that does not show the shares', async () => {
    const { server, address, measure } = await started();
    await ask(address, 20, TYPE.AAAA);
    expect(only(await measure())).toEqual({ east: 0, west: 0 });
    expect(server.counters().answers).toContainEqual({ host: HOST, cluster: 'east', count: 20 });
    const both = { ...WEST, addresses: ['127.0.0.12', '::c'] };
    server.apply(anUpdate([served(anIngress({ revision: 8, targets: [EAST, both] }))]));
    await ask(address, 100, TYPE.AAAA);
    expect(only(await measure())).toEqual({ east: 90, west: 10 });
  });

  it('does count what was drawn without a cluster that is down: it is what clients got', async () => {
    const { server, address, measure } = await started();
    server.apply(anUpdate([served(anIngress(), { down: ['east'] })]));
    await ask(address, 10);
    expect(only(await measure())).toEqual({ east: 0, west: 10 });
  });

  it('begins at 0 as another run', async () => {
    const first = await started();
    const second = await started();
    const [one, two] = [Object.keys(await first.measure())[0], Object.keys(await second.measure())[0]];
    expect(one?.split('#')[1]).not.toBe(two?.split('#')[1]);
  });

  it('tells nobody else, and a plane that may not ask leaves it out', async () => {
    const { measure } = await started({ settings: { ...SETTINGS, trusted: Networks.parse(['192.0.2.0/24']) } });
    expect(await measure()).toEqual({});
  });

  it('is left out, at once, for a hostname that it does not serve, and when the question is called off', async () => {
    const { instance } = await started();
    // Longer than this test may take.
    const patient = dnsPlane({ servers: [instance], zones: [ZONE], timeoutMs: 60_000 });
    expect(await patient.measure('other.example.test', signal)).toEqual({});
    expect(await patient.measure(HOST, AbortSignal.abort())).toEqual({});
    const both = dnsPlane({ servers: ['127.0.0.1:9', instance], zones: [ZONE] });
    expect(Object.keys(await both.measure(HOST, signal))).toEqual([expect.stringContaining(instance)]);
  });

  it('is asked again while what it tells is of before the question, and left out when that never ends', async () => {
    let asked = 0;
    const old = { run: 'old', at: 0, counts: { east: 5 } };
    const { instance, measure } = await started({
      totals: () => {
        asked += 1;
        return asked === 4 ? { ...old, at: machineClock(), counts: { east: 6 } } : old;
      },
    });
    const patient = dnsPlane({ servers: [instance], zones: [ZONE], timeoutMs: 60_000 });
    expect(only(await patient.measure(HOST, signal))).toEqual({ east: 6 });
    expect(asked).toBe(4);
    expect(await measure()).toEqual({});
  });
});

describe('two workers', { timeout: 120_000 }, () => {
  let scene: DnsScene;
  beforeEach(async () => {
    scene = await DnsScene.open();
  });
  afterEach(() => scene.close());

  const measure = () => scene.plane().measure(HOST, signal);

  /** So many answers, from both workers. */
  async function answers(count: number): Promise<void> {
    const clients = await UdpClients.open(20);
    for (let id = 0; id < count; id += 1) clients.send(aQuery(HOST, { id }), scene.address);
    await vi.waitFor(() => expect(clients.answered.size).toBe(count), SLOW);
    clients.close();
  }

  async function measured(since: Counted, count: number): Promise<void> {
    await vi.waitFor(async () => expect(answersIn(countedSince(since, await measure()))).toBe(count), SLOW);
  }

  async function begun(): Promise<Counted> {
    return await vi.waitFor(async () => {
      const counted = await measure();
      expect(Object.keys(counted)).toHaveLength(1);
      return counted;
    }, SLOW);
  }

  it('are counted together, whichever of them is asked; one that is killed takes nothing away', async () => {
    await scene.publish(2);
    const one = scene.start({ workers: 2 });
    await scene.inForce(2);
    const since = await begun();
    await answers(200);
    await measured(since, 200);
    // One of the two alone would have another number.
    for (let turn = 0; turn < 20; turn += 1) await measured(since, 200);
    expect(only(await begun())).toMatchObject({ east: expect.any(Number), west: expect.any(Number) });
    const [victim = 0] = await scene.workersOf(one);
    process.kill(victim, 'SIGKILL');
    await vi.waitFor(async () => {
      const pids = await scene.workersOf(one);
      expect(pids).toHaveLength(2);
      expect(pids).not.toContain(victim);
    }, SLOW);
    await measured(since, 200);
    await answers(100);
    await measured(since, 300);
  });

  it('of a new control process begin at 0 as another run', async () => {
    await scene.publish(2);
    const one = scene.start({ workers: 2 });
    await scene.inForce(2);
    await begun();
    await answers(50);
    const since = await begun();
    await ended(one.child, 'SIGTERM');
    scene.start({ workers: 2 });
    await scene.inForce(2);
    await answers(30);
    await measured(since, 30);
  });

  it('that have lost their control process tell nothing, soon', async () => {
    await scene.publish(2);
    const one = scene.start({ workers: 2 });
    await scene.inForce(2);
    await begun();
    const exit = once(one.child, 'exit');
    one.child.kill('SIGKILL');
    await exit;
    expect(await measure()).toEqual({});
  });
});

describe('totals of workers', () => {
  class Worker implements CountingWorker {
    given: AnswerTotals['counts'] | undefined = {};
    told: AnswerTotals | undefined;
    asked = 0;
    async counts() {
      this.asked += 1;
      return this.given;
    }
    totals(_host: string, totals: AnswerTotals): void {
      this.told = totals;
    }
  }

  it('never fall, and are told to a worker that has come since', async () => {
    const [a, b, c] = [new Worker(), new Worker(), new Worker()];
    const workers = new Set([a, b]);
    const totals = new TotalsOfWorkers(() => workers);
    a.given = { east: 5 };
    b.given = { east: 1, west: 2 };
    await totals.tell(HOST);
    expect(a.told).toEqual(b.told);
    expect(a.told?.counts).toEqual({ east: 6, west: 2 });
    workers.delete(a);
    totals.left(a);
    workers.add(c);
    await totals.tell(HOST);
    expect(c.told?.counts).toEqual({ east: 6, west: 2 });
    expect(c.told?.run).toBe(a.told?.run);
    totals.forget([HOST]);
    b.given = {};
    await totals.tell(HOST);
    expect(c.told?.counts).toEqual({});
  });

  it('are not told while one that may have answered does not say', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const workers = new Set([a, b]);
    const totals = new TotalsOfWorkers(() => workers);
    b.given = undefined;
    await totals.tell(HOST);
    expect(a.told).toBeUndefined();
  });

  it('are not told when a worker leaves while they are counted: it would be counted twice, or never', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const workers = new Set([a, b]);
    const totals = new TotalsOfWorkers(() => workers);
    const telling = totals.tell(HOST);
    workers.delete(b);
    totals.left(b);
    await telling;
    expect(a.told).toBeUndefined();
    await totals.tell(HOST);
    expect(a.told).toBeDefined();
  });

  it('are counted by all but the one that asks, which says what it has, as of then', async () => {
    const [a, b] = [new Worker(), new Worker()];
    const totals = new TotalsOfWorkers(() => [a, b]);
    b.given = { east: 1, west: 2 };
    await totals.tell(HOST, { worker: a, own: { at: 5, counts: { east: 7 } } });
    expect([a.asked, b.asked]).toEqual([0, 1]);
    expect(b.told).toMatchObject({ at: 5, counts: { east: 8, west: 2 } });
  });

  it('are counted once for all who ask at the same time', async () => {
    const a = new Worker();
    const totals = new TotalsOfWorkers(() => [a]);
    await Promise.all([totals.tell(HOST), totals.tell(HOST), totals.tell(HOST)]);
    expect(a.asked).toBe(1);
    await totals.tell(HOST);
    expect(a.asked).toBe(2);
  });

  it('are asked for once by a worker, until they come; and forgotten with the hostname', () => {
    const asked: string[] = [];
    const known = new KnownTotals((host) => asked.push(host));
    const totals = { run: 'one', at: 1, counts: { east: 1 } };
    expect([known.of(HOST), known.of(HOST)]).toEqual([undefined, undefined]);
    expect(asked).toEqual([HOST]);
    known.set(HOST, totals);
    expect(known.of(HOST)).toBe(totals);
    expect(asked).toEqual([HOST, HOST]);
    known.forget([HOST]);
    expect(known.of(HOST)).toBeUndefined();
  });
});
