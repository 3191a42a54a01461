import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Address, formatAddress } from '../../../src/lib/address.ts';
import { errorCode, openSealed } from '../../../src/lib/atomic-file.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { until } from '../../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/cli/bin.mjs', import.meta.url));
const SUPERVISOR = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
const ZONE = 'example.test';
export const HOST = `shop.${ZONE}`;
const OWNER = { namespace: 'default', name: 'shop' };
/** Documentation addresses (RFC 5737): nobody sends anything to them. */
const TARGETS = [
  { cluster: 'east', share: 9_000, addresses: ['192.0.2.10'], hostnames: [] },
  { cluster: 'west', share: 1_000, addresses: ['192.0.2.20'], hostnames: [] },
] as const;

const processFile = z.object({
  control: z.object({ pid: z.int() }),
  workers: z.array(z.object({ pid: z.int() })),
});

export interface InstallationOptions {
  readonly address: Address;
  readonly metrics: Address;
  readonly workers: number;
}

/** The processes of a DNS server. */
export interface Running {
  readonly control: number;
  readonly workers: readonly number[];
}

/** Settings, state and zone file of one DNS server, and the processes that serve it. */
export class Installation {
  readonly address: Address;
  readonly directory: string;
  readonly #options: InstallationOptions;
  readonly #children = new Set<ChildProcess>();
  readonly #seen = new Set<number>();
  #zoneChanges = 0;

  private constructor(options: InstallationOptions) {
    this.address = options.address;
    this.#options = options;
    this.directory = mkdtempSync(join(tmpdir(), 'sluice-dns-alive-'));
    this.#writeZone();
    // JSON is YAML.
    writeFileSync(this.#config, JSON.stringify(this.#settings()));
  }

  static async make({ address, metrics, workers }: InstallationOptions): Promise<Installation> {
    const installation = new Installation({ address, metrics, workers });
    const store = openFileStore(join(installation.directory, 'state', 'globalingresses'));
    await store.claim(HOST, OWNER, 5);
    await store.put({
      host: HOST,
      owner: OWNER,
      revision: 2,
      ttlSeconds: 5,
      routing: { kind: 'weighted', draw: { kind: 'stratified' } },
      health: null,
      tls: false,
      targets: TARGETS,
    });
    return installation;
  }

  /** `sluice dns`. One that runs already is taken over from. */
  startAlone(): ChildProcess {
    return this.#spawn([PROGRAM, 'dns', '--config', this.#config]);
  }

  /** As `serve` runs it: begun again whenever it ends. */
  startSupervised(): ChildProcess {
    return this.#spawn([SUPERVISOR, this.#config]);
  }

  /** Who serves now, by the server's own record; undefined before the first start. */
  running(): Running | undefined {
    const recorded = processFile.safeParse(readSealed(join(this.directory, 'state', 'dns', 'dns.pid.json')));
    if (!recorded.success) return undefined;
    const { control, workers } = recorded.data;
    const running = { control: control.pid, workers: workers.map(({ pid }) => pid) };
    for (const pid of [running.control, ...running.workers]) this.#seen.add(pid);
    return running;
  }

  /** Settles when the server is at full strength without any of these processes, which have ended. */
  async untilWhole(gone: readonly number[] = []): Promise<Running> {
    const look = () => {
      const running = this.running();
      if (running === undefined || running.workers.length !== this.#options.workers) return undefined;
      const all = [running.control, ...running.workers];
      return all.every(isAlive) && !all.some((pid) => gone.includes(pid)) && !gone.some(isAlive) ? running : undefined;
    };
    return until(look, { what: `the DNS server is whole without ${gone.join(', ') || 'exception'}\n${this.log()}` });
  }

  changeZoneFile(): void {
    this.#zoneChanges += 1;
    this.#writeZone();
  }

  /** Every process that has been part of it. */
  seen(): readonly number[] {
    return [...this.#seen];
  }

  log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** Ends everything, at once, and removes the folder. */
  async remove(): Promise<void> {
    this.running();
    for (const child of this.#children) await kill(child);
    for (const pid of this.#seen) if (isDnsProcess(pid)) process.kill(pid, 'SIGKILL');
    rmSync(this.directory, { recursive: true, force: true });
  }

  get #config(): string {
    return join(this.directory, 'sluice.yaml');
  }

  get #log(): string {
    return join(this.directory, 'log');
  }

  #spawn(args: readonly string[]): ChildProcess {
    const log = openSync(this.#log, 'a');
    const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
    this.#children.add(child);
    return child;
  }

  #settings() {
    const { address, metrics, workers } = this.#options;
    return {
      zones: [{ name: ZONE, file: join(this.directory, 'zone') }],
      stateDirectory: join(this.directory, 'state'),
      dns: { listen: [formatAddress(address)], metricsListen: formatAddress(metrics), workers },
      log: { level: 'info', pretty: false },
    };
  }

  #writeZone(): void {
    writeFileSync(join(this.directory, 'zone'), `$TTL 60\nchanges TXT "${this.#zoneChanges}"\n`);
  }
}

/** Nobody listens there at the moment. */
export function isAlive(pid: number): boolean {
  try {
    // One that has ended is there until its parent has heard of it; it has no command line any more.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** Not one that was given the number later. */
function isDnsProcess(pid: number): boolean {
  try {
    return /worker\/dns\/|\bdns\0--config\b/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false; // it has ended
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

function readSealed(path: string): unknown {
  try {
    return openSealed(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
