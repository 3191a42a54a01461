import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { openSealed, seal } from '../../../src/lib/atomic-file.ts';
import { dnsPlane } from '../../../src/planes/dns/dns-plane.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { UdpClients } from './sockets.ts';
import { anIngress, aQuery, HOST, read } from './support.ts';

const MAIN = fileURLToPath(new URL('../../../src/worker/dns-main.ts', import.meta.url));
const processFile = z.looseObject({ pid: z.number() });
const OWNER = { namespace: 'default', name: 'shop' };

let directory: string;
let port: number;
const running: { readonly child: ChildProcess; output: string }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-dns-'));
  port = await freePort();
});

afterEach(async () => {
  for (const { child } of running.splice(0)) await ended(child, 'SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function start(overrides: Record<string, unknown> = {}) {
  const options = {
    zones: ['example.test'],
    listen: [`127.0.0.1:${port}`],
    stateDirectory: join(directory, 'dns'),
    storeDirectory: join(directory, 'store'),
    ...overrides,
  };
  const child = spawn(process.execPath, [MAIN, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const one = { child, output: '' };
  child.stdout.on('data', (chunk: Buffer) => (one.output += chunk.toString()));
  running.push(one);
  return one;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

const store = () => openFileStore(join(directory, 'store'));

/** Claims the hostname and publishes one revision. */
async function published(revision: number): Promise<void> {
  await store().claim(HOST, OWNER, 5);
  expect(await store().put(anIngress({ owner: OWNER, revision }))).toEqual({ kind: 'written' });
}

async function inForce(revision: number, timeout = 10_000): Promise<void> {
  const plane = dnsPlane({ servers: [`127.0.0.1:${port}`], zones: ['example.test'], timeoutMs: 200 });
  const signal = new AbortController().signal;
  await vi.waitFor(
    async () => expect(await plane.observe(HOST, revision, signal)).toMatchObject([{ kind: 'inForce' }]),
    { timeout, interval: 10 },
  );
}

async function serial(): Promise<number> {
  const clients = await UdpClients.open(1);
  clients.send(aQuery('example.test', { id: 1, type: 6 }), { host: '127.0.0.1', port });
  await vi.waitFor(() => expect(clients.answered.size).toBe(1), { interval: 5 });
  clients.close();
  return read(clients.answered.get(1)).packet.answers[0]?.serial ?? 0;
}

describe('the DNS process', { timeout: 60_000 }, () => {
  it('follows the store within milliseconds', async () => {
    await published(2);
    start();
    await inForce(2);
    const before = performance.now();
    await store().put(anIngress({ owner: OWNER, revision: 3 }));
    await inForce(3);
    expect(performance.now() - before).toBeLessThan(4_000);
  });

  it('killed with -9, is back from its own copy without a store, with a serial that never falls', async () => {
    await published(2);
    const first = start();
    await inForce(2);
    const before = await serial();
    await vi.waitFor(() => readFile(join(directory, 'dns', 'last-good.1.json')), { interval: 10 });
    await ended(first.child, 'SIGKILL');
    await rm(join(directory, 'store'), { recursive: true });
    const begun = performance.now();
    const second = start();
    await inForce(2);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(await serial()).toBeGreaterThan(before);
    await vi.waitFor(() => expect(second.output).toContain('globalingress store cannot be read'));
    // The store comes back, and is followed again.
    await published(9);
    await inForce(9);
  });

  it('keeps serving a hostname whose state in the store is damaged in all its files', async () => {
    await published(2);
    const first = start();
    await inForce(2);
    await vi.waitFor(() => readFile(join(directory, 'dns', 'last-good.1.json')), { interval: 10 });
    await ended(first.child, 'SIGTERM');
    for (const file of ['1.json', '2.json']) await writeFile(join(directory, 'store', HOST, file), 'garbage');
    await store().claim('other.example.test', OWNER, 5);
    const second = start();
    const plane = dnsPlane({ servers: [`127.0.0.1:${port}`], zones: ['example.test'], timeoutMs: 200 });
    const signal = new AbortController().signal;
    const observed = () => plane.observe('other.example.test', 1, signal);
    await vi.waitFor(async () => expect(await observed()).toMatchObject([{ kind: 'inForce' }]), { timeout: 10_000 });
    await inForce(2);
    expect(second.output).toContain(`the state of ${HOST} is damaged in all its files`);
  });

  it('answers SERVFAIL, never NXDOMAIN, with neither copy nor store', async () => {
    // A file where the store's folder should be: it cannot be read, nor made.
    await writeFile(join(directory, 'store'), '');
    start();
    const clients = await UdpClients.open(1);
    await vi.waitFor(
      () => {
        clients.send(aQuery(HOST, { id: 5 }), { host: '127.0.0.1', port });
        expect(clients.answered.size).toBe(1);
      },
      { timeout: 10_000, interval: 50 },
    );
    clients.close();
    expect(read(clients.answered.get(5)).rcode).toBe(2);
  });

  it('takes over from an older one with queries running, and none is lost', async () => {
    await published(2);
    const old = start();
    await inForce(2);
    const clients = await UdpClients.open(40);
    let sent = 0;
    const send = async (until: () => boolean) => {
      while (!until() && sent < 20_000) {
        for (let burst = 0; burst < 5; burst += 1)
          clients.send(aQuery(HOST, { id: sent++ }), { host: '127.0.0.1', port });
        await delay(2);
      }
    };
    await send(() => sent >= 500);
    const next = start();
    await send(() => old.child.exitCode !== null);
    const atTheEnd = sent;
    await send(() => sent >= atTheEnd + 500);
    await vi.waitFor(() => expect(clients.answered.size).toBe(sent), { timeout: 5_000 });
    clients.close();
    expect(next.output).toContain('took over');
    expect(old.child.exitCode).toBe(0);
    expect(sent).toBeGreaterThan(1_000);
    expect([...clients.answered.values()].every((message) => read(message).addresses.length > 0)).toBe(true);
    expect(JSON.parse(await readFile(join(directory, 'dns', 'dns.pid.json'), 'utf8'))).toMatchObject({
      content: { pid: next.child.pid },
    });
  });

  it('refuses a port that another Sluice has, and says what to do', async () => {
    start();
    await inForceOrDenied();
    const other = start({ stateDirectory: join(directory, 'other') });
    const [code] = await once(other.child, 'exit');
    expect(code).toBe(1);
    expect(other.output).toContain(`DNS cannot listen on 127.0.0.1:${port}: another program has it`);
  });

  it('never ends a process that only has the number of an older one', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    running.push({ child: bystander, output: '' });
    const first = start();
    await inForceOrDenied();
    const file = join(directory, 'dns', 'dns.pid.json');
    const recorded = await vi.waitFor(async () => processFile.parse(openSealed(await readFile(file, 'utf8'))));
    await ended(first.child, 'SIGKILL');
    await writeFile(file, seal({ ...recorded, pid: bystander.pid }));
    const second = start();
    await inForceOrDenied();
    await ended(second.child, 'SIGTERM');
    expect(second.output).not.toContain('took over');
    expect(bystander.signalCode).toBeNull();
  });

  it('ends in good order on SIGTERM, and when supervised on nothing else', async () => {
    const { child } = start({ supervised: true });
    await inForceOrDenied();
    child.kill('SIGINT');
    child.kill('SIGHUP');
    await inForceOrDenied();
    expect(child.exitCode).toBeNull();
    await ended(child, 'SIGTERM');
    expect(child.exitCode).toBe(0);
  });

  it('gives its counters to Prometheus when asked to', async () => {
    const metricsPort = await freePort();
    await published(2);
    start({ metricsListen: `127.0.0.1:${metricsPort}` });
    await inForce(2);
    const response = await vi.waitFor(() => fetch(`http://127.0.0.1:${metricsPort}/metrics`));
    const text = await response.text();
    expect(text).toContain('sluice_dns_queries_total{type="TXT",rcode="NOERROR"} ');
    expect(text).toContain(`sluice_dns_revision{host="${HOST}"} 2`);
  });
});

/** Until the server answers at all. */
async function inForceOrDenied(): Promise<void> {
  const plane = dnsPlane({ servers: [`127.0.0.1:${port}`], zones: ['example.test'], timeoutMs: 200 });
  const signal = new AbortController().signal;
  await vi.waitFor(async () => expect(await plane.health(signal)).toMatchObject([{ kind: 'healthy' }]), {
    timeout: 10_000,
    interval: 20,
  });
}
