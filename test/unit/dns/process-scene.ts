import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import type { Address } from '../../../src/lib/address.ts';
import { openSealed } from '../../../src/lib/atomic-file.ts';
import { dnsPlane } from '../../../src/planes/dns/dns-plane.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { freeAddress } from '../../support/free-address.ts';
import { UdpClients } from './sockets.ts';
import { anIngress, aQuery, HOST, read, ZONE } from './support.ts';

const MAIN = fileURLToPath(new URL('../../../src/worker/dns/main.ts', import.meta.url));
export const OWNER = { namespace: 'default', name: 'shop' };
const MARK = 'SLUICE_TEST_SCENE';
/** A process takes its time to start where everything else runs too. */
export const SLOW = { timeout: 60_000, interval: 20 };

const identity = z.looseObject({ pid: z.number() });
const processFile = z.object({ control: identity, workers: z.array(identity) });
export type ProcessFile = z.output<typeof processFile>;

export interface DnsProcess {
  /** The control process. */
  readonly child: ChildProcess;
  output: string;
}

/** A state directory, a port, and the DNS servers that a test starts on them. */
export class DnsScene {
  readonly directory: string;
  readonly address: Address;
  readonly #mark = randomUUID();

  private constructor(directory: string, address: Address) {
    this.directory = directory;
    this.address = address;
  }

  static async open(): Promise<DnsScene> {
    return new DnsScene(await mkdtemp(join(tmpdir(), 'sluice-dns-')), await freeAddress());
  }

  /** Ends whatever a test has left, workers without their control process too. */
  async close(): Promise<void> {
    for (const pid of await this.pids()) killIfThere(pid);
    await vi.waitFor(async () => expect(await this.pids()).toEqual([]), SLOW);
    await rm(this.directory, { recursive: true, force: true });
  }

  start(dns: Readonly<Record<string, unknown>> = {}, overrides: Readonly<Record<string, unknown>> = {}): DnsProcess {
    const { host, port } = this.address;
    const config = {
      zones: [ZONE],
      stateDirectory: this.directory,
      dns: { listen: [`${host}:${port}`], ...dns },
      log: { level: 'info', pretty: false },
      ...overrides,
    };
    const child = spawn(process.execPath, [MAIN, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, [MARK]: this.#mark },
    });
    const one = { child, output: '' };
    child.stdout.on('data', (chunk: Buffer) => (one.output += chunk.toString()));
    return one;
  }

  /** All processes of this scene that run. */
  async pids(): Promise<readonly number[]> {
    const numbers = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
    const marked = await Promise.all(numbers.map((pid) => isMarked(pid, `${MARK}=${this.#mark}`)));
    return numbers.filter((_pid, index) => marked[index]);
  }

  async workersOf({ child }: DnsProcess): Promise<readonly number[]> {
    return (await this.processFile(child.pid)).workers.map(({ pid }) => pid);
  }

  /** Once it names this control process. */
  async processFile(control?: number): Promise<ProcessFile> {
    return vi.waitFor(async () => {
      const text = await readFile(join(this.directory, 'dns', 'dns.pid.json'), 'utf8');
      const file = processFile.parse(openSealed(text));
      if (control !== undefined) expect(file.control.pid).toBe(control);
      return file;
    }, SLOW);
  }

  /** Kills control process and workers with -9, all of them at once. */
  async killAll(): Promise<void> {
    for (const pid of await this.pids()) killIfThere(pid);
    await vi.waitFor(async () => expect(await this.pids()).toEqual([]), SLOW);
  }

  store() {
    return openFileStore(join(this.directory, 'globalingresses'));
  }

  /** Claims the hostname and publishes one revision. */
  async publish(revision: number): Promise<void> {
    await this.store().claim(HOST, OWNER, 5);
    expect(await this.store().put(anIngress({ owner: OWNER, revision }))).toEqual({ kind: 'written' });
  }

  plane() {
    const { host, port } = this.address;
    return dnsPlane({ servers: [`${host}:${port}`], zones: [ZONE], timeoutMs: 1_000 });
  }

  async inForce(revision: number, host = HOST): Promise<void> {
    const { signal } = new AbortController();
    await vi.waitFor(
      async () => expect(await this.plane().observe(host, revision, signal)).toMatchObject([{ kind: 'inForce' }]),
      { ...SLOW, interval: 10 },
    );
  }

  /** Until the server answers at all. */
  async answers(): Promise<void> {
    const { signal } = new AbortController();
    await vi.waitFor(async () => expect(await this.plane().health(signal)).toMatchObject([{ kind: 'healthy' }]), SLOW);
  }

  /** The answer to one query; asked again from another socket, so maybe of another worker, when it is lost. */
  async ask(name: string, type = 1): Promise<ReturnType<typeof read>> {
    const clients = await UdpClients.open(20);
    await vi.waitFor(
      () => {
        clients.send(aQuery(name, { id: 1, type }), this.address);
        expect(clients.answered.size).toBe(1);
      },
      { ...SLOW, interval: 50 },
    );
    clients.close();
    return read(clients.answered.get(1));
  }

  async serial(): Promise<number> {
    return (await this.ask(ZONE, 6)).packet.answers[0]?.serial ?? 0;
  }
}

/**
 * Sends about 450 queries a second from 40 sockets until it is told to stop: so few that a worker which gets no turn for half
 * a second on a busy machine has room for them in its socket.
 */
export class Load {
  readonly clients: UdpClients;
  readonly #address: Address;
  readonly #running: Promise<void>;
  #stopped = false;
  sent = 0;

  private constructor(clients: UdpClients, address: Address) {
    this.clients = clients;
    this.#address = address;
    this.#running = this.#run();
  }

  static async on({ address }: DnsScene): Promise<Load> {
    return new Load(await UdpClients.open(40), address);
  }

  /** Goes on until so many more are sent. */
  async more(count: number): Promise<void> {
    const until = this.sent + count;
    await vi.waitFor(() => expect(this.sent).toBeGreaterThanOrEqual(until), SLOW);
  }

  /** Which were lost in all, by their place, when nothing more comes in. */
  async stop(): Promise<{ readonly lost: readonly number[]; readonly addresses: readonly (readonly string[])[] }> {
    this.#stopped = true;
    await this.#running;
    await vi
      .waitFor(() => expect(this.clients.answered.size).toBe(this.sent), { timeout: 10_000 })
      .catch(() => undefined);
    this.clients.close();
    const answers = [...this.clients.answered.values()].map((message) => read(message).addresses);
    const ids = Array.from({ length: this.sent }, (_value, id) => id);
    return { lost: ids.filter((id) => !this.clients.answered.has(id)), addresses: answers };
  }

  /** As long as ids last: each is one query. */
  async #run(): Promise<void> {
    while (!this.#stopped && this.sent < 65_000) {
      this.clients.send(aQuery(HOST, { id: this.sent++ }), this.#address);
      await delay(2);
    }
  }
}

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** A process that has ended has no environment, and others' are not ours to read. */
async function isMarked(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(mark);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
