import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Address, formatAddress } from '../../src/lib/address.ts';
import type { GlobalIngress } from '../../src/plan/global-ingress.ts';
import { openFileStore } from '../../src/planes/store/file-store.ts';
import type { GlobalIngressStore } from '../../src/planes/store/store.ts';
import { challengeDirectory, storeDirectory } from '../../src/worker/state.ts';
import { readMessage } from './dns-message.ts';
import { UdpLink } from './dns-sockets.ts';
import { aQuery, RCODE, TYPE } from './dns-wire.ts';
import { until } from './until.ts';

export interface DnsProcessOptions {
  /** An existing directory of its own; settings and state go there. */
  readonly directory: string;
  readonly address: Address;
  /** As in `sluice.yaml`. The first one tells when the server answers. */
  readonly zones: readonly { readonly name: string; readonly file?: string; readonly keysDirectory?: string }[];
  /** More of the `dns` part of `sluice.yaml`. */
  readonly dns?: Readonly<Record<string, unknown>>;
}

const BIN = resolve(import.meta.dirname, '../../src/cli/bin.mjs');
const START_TIMEOUT_MS = 60_000;
/** For a start that is to fail. */
const RUN_LIMIT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 500;

/** `sluice dns` as a process of its own, as an operator would run it, and the store that it reads. */
export class DnsProcess {
  readonly address: Address;
  readonly store: GlobalIngressStore;
  /** Where answers to certificate authorities are put. */
  readonly challenges: string;
  readonly #options: DnsProcessOptions;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(options: DnsProcessOptions) {
    const state = { stateDirectory: join(options.directory, 'state') };
    this.#options = options;
    this.address = options.address;
    this.store = openFileStore(storeDirectory(state));
    this.challenges = challengeDirectory(state);
  }

  /** Started when it answers for its first zone. Throws with what it printed when it ends instead. */
  async start(): Promise<this> {
    this.#spawn();
    const look = async () => {
      if (this.exitCode !== null) return 'ended' as const;
      // Another server at the same address must not be taken for this one.
      const says = this.#output.includes('dns server answers');
      return says && (await this.#answers()) ? ('answers' as const) : undefined;
    };
    const what = `${formatAddress(this.address)} answers`;
    try {
      const seen = await until(look, { what, timeoutMs: START_TIMEOUT_MS });
      if (seen === 'answers') return this;
      throw new Error(`it ended with ${this.exitCode}`);
    } catch (error) {
      await this.stop();
      throw new Error(`sluice dns does not start:\n${this.#output}`, { cause: error });
    }
  }

  /** Runs it until it ends by itself, or is told to because it did not. */
  async run(): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    const child = this.#spawn();
    // Not killed: its workers would go on answering.
    const deadline = setTimeout(() => child.kill('SIGTERM'), RUN_LIMIT_MS);
    await once(child, 'close');
    clearTimeout(deadline);
    return { exitCode: child.exitCode, output: this.#output };
  }

  /** Puts a state into the store, claimed where it is the first one of its hostname. */
  async publish(state: GlobalIngress): Promise<void> {
    await this.store.claim(state.host, state.owner, state.ttlSeconds);
    const { kind } = await this.store.put(state);
    if (kind !== 'written')
      throw new Error(`the store did not take revision ${state.revision} of ${state.host}: ${kind}`);
  }

  /** null while it runs. */
  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it has printed. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(deadline);
  }

  #spawn(): ChildProcess {
    const config = join(this.#options.directory, 'sluice.yaml');
    writeFileSync(config, stringify(this.#settings()));
    const child = spawn(process.execPath, [BIN, 'dns', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.#child = child;
    return child;
  }

  #settings(): unknown {
    const { zones, dns } = this.#options;
    return {
      zones,
      stateDirectory: 'state',
      clusters: [],
      dns: { listen: [formatAddress(this.address)], workers: 1, probes: false, ...dns },
      log: { level: 'info', pretty: false },
    };
  }

  async #answers(): Promise<boolean> {
    const link = await UdpLink.to(this.address);
    link.send(aQuery(this.#options.zones[0]?.name ?? '', { type: TYPE.SOA }));
    const [reply] = await link.take(1, { timeoutMs: QUERY_TIMEOUT_MS });
    link.close();
    return reply !== undefined && readMessage(reply).rcode === RCODE.NOERROR;
  }
}
