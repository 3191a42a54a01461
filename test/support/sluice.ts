import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { createHttpClient, type HttpClient } from '../../src/client/http/http-client.ts';
import type { Status } from '../../src/workflows/status.ts';
import { Dig } from './dig.ts';
import { endProcesses } from './end-processes.ts';
import { installHub } from './install-hub.ts';
import { type Output, run } from './output.ts';
import { type TestCluster, testPlayground } from './playground.ts';
import { until } from './until.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BIN = join(ROOT, 'src/cli/bin.mjs');

export interface SluiceOptions {
  /** A word of its own for each test file: the zone, the Temporal namespace and the state are named after it. */
  readonly name: string;
  readonly ports: { readonly api: number; readonly dns: number };
  /** More settings of the DNS server. */
  readonly dns?: Readonly<Record<string, unknown>>;
  /** The tokens file and the address to listen on; loopback without tokens when absent. */
  readonly api?: { readonly listen?: string; readonly tokensFile?: string };
  /** Sluice uses the hub of the playground as well; its kinds and rights are installed there first. */
  readonly hub?: boolean;
  /** The member clusters that the settings file has, by name; all of the playground when absent. */
  readonly clusters?: readonly string[];
  /** More settings of a member cluster in `sluice.yaml`, in place of the usual ones. */
  readonly cluster?: (cluster: TestCluster) => Readonly<Record<string, unknown>>;
  /** More variables of the process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** `sluice serve` as a process of its own, as a user would run it, and the four doors to it. */
export class TestSluice {
  readonly zone: string;
  readonly server: string;
  readonly dnsServer: string;
  readonly http: HttpClient;
  readonly dig: Dig;
  readonly directory: string;
  readonly configPath: string;
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;

  private constructor(options: SluiceOptions, dig: Dig) {
    const { temporal } = testPlayground();
    this.zone = `${options.name}.test`;
    this.server = `http://127.0.0.1:${options.ports.api}`;
    this.dnsServer = `127.0.0.1:${options.ports.dns}`;
    this.http = createHttpClient({ server: this.server });
    this.dig = dig;
    this.directory = mkdtempSync(join(tmpdir(), `sluice-${options.name}-`));
    this.configPath = join(this.directory, 'sluice.yaml');
    const temporalVariables = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: options.name };
    this.#environment = { ...process.env, ...temporalVariables, ...options.environment };
    writeFileSync(this.configPath, stringify(this.#config(options)));
  }

  /** Starts it and waits until everything is ready. */
  static async start(options: SluiceOptions): Promise<TestSluice> {
    const sluice = new TestSluice(options, await Dig.at(`127.0.0.1:${options.ports.dns}`));
    try {
      await sluice.#refusePortInUse();
      if (options.hub === true) await installHub();
      await sluice.#makeNamespace(options.name);
      await sluice.serve();
    } catch (error) {
      await sluice.stop();
      throw error;
    }
    return sluice;
  }

  /** Starts the process (again) and waits for readiness. */
  async serve(): Promise<void> {
    this.spawn();
    const ready = async (): Promise<true> => {
      if (this.#process?.exitCode !== null)
        throw new Error(`sluice serve ended:\n${this.log().split('\n').slice(-10).join('\n')}`);
      const response = await this.fetch('/readyz');
      if (!response.ok) throw new Error(await response.text());
      return true;
    };
    await until(ready, { what: `readiness of ${this.server}`, timeoutMs: 90_000 });
  }

  /** Starts the process (again) and waits for nothing. Its output goes to serve.log beside its configuration. */
  spawn(): void {
    const log = createWriteStream(join(this.directory, 'serve.log'), { flags: 'a' });
    const child = spawn(process.execPath, [BIN, 'serve', '--config', this.configPath], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.#process = child;
  }

  /** `kill -9`: no chance to put anything in order. The DNS server, a process of its own, lives on. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends everything in good order. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    // It outlives a process that has ended by an error, and would keep its port.
    if (existsSync(join(this.directory, 'state/dns/dns.pid.json'))) endProcesses(this.dnsProcesses());
    this.dig.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Deletes these FederatedIngresses and ends everything, also when a deletion fails. */
  async removeAndStop(...names: readonly string[]): Promise<void> {
    try {
      for (const name of names) await this.http.steer('delete', 'default', name, {});
      for (const name of names) await this.untilGone(name);
    } finally {
      await this.stop();
    }
  }

  /** The process ids of its DNS server: the control process first, then the workers. */
  dnsProcesses(): readonly number[] {
    const file = readFileSync(join(this.directory, 'state/dns/dns.pid.json'), 'utf8');
    return [...file.matchAll(/"pid":\s*(\d+)/g)].map(([, pid]) => Number(pid));
  }

  host(name: string): string {
    return `${name}.${this.zone}`;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.server}${path}`, { signal: AbortSignal.timeout(15_000), ...init });
  }

  /** Submits a document as JSON, whatever it is. */
  put(name: string, document: unknown): Promise<Response> {
    return this.fetch(`/v1/federatedingresses/default/${name}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(document),
    });
  }

  async status(name: string): Promise<Status> {
    return (await this.http.get('default', name)).value;
  }

  /** Waits until the status satisfies `ok`. */
  async untilStatus(name: string, what: string, ok: (status: Status) => boolean): Promise<Status> {
    let last: Status | undefined;
    const seen = until(
      async () => {
        last = await this.status(name);
        return ok(last) ? last : undefined;
      },
      { what: `${name}: ${what}`, timeoutMs: 100_000 },
    );
    return await seen.catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${last?.state}: ${last?.message}`, { cause: error });
    });
  }

  /** Waits until nothing is known of it any more. */
  async untilGone(name: string): Promise<void> {
    const gone = async () =>
      (await this.fetch(`/v1/federatedingresses/default/${name}`)).status === 404 ? true : undefined;
    await until(gone, { what: `${name} is gone` });
  }

  /** The `sluice` program. */
  cli(...args: readonly string[]): Promise<Output> {
    return run(process.execPath, [BIN, ...args], { env: { ...this.#environment, SLUICE_SERVER: this.server } });
  }

  /** The Temporal CLI. */
  temporal(...args: readonly string[]): Promise<Output> {
    return run(testPlayground().temporal.cli, args, { env: this.#environment });
  }

  /** Starts a FederatedIngress by the Temporal CLI and waits for the end of its workflow: for documents that are refused. */
  execute(name: string, document: unknown): Promise<Output> {
    const type = ['--type', 'federatedIngress', '--task-queue', 'sluice'];
    const id = ['--workflow-id', `federatedingress/default/${name}`];
    return this.temporal('workflow', 'execute', ...type, ...id, '--input-file', this.file(`${name}.json`, document));
  }

  /** Writes a file beside the configuration and gives back its path. */
  file(name: string, content: unknown): string {
    const path = join(this.directory, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** What it printed, its DNS server included. */
  log(): string {
    return readFileSync(join(this.directory, 'serve.log'), 'utf8');
  }

  #config(options: SluiceOptions): unknown {
    const known = testPlayground().clusters.filter(({ name }) => options.clusters?.includes(name) ?? true);
    return {
      zones: [this.zone],
      stateDirectory: join(this.directory, 'state'),
      api: { listen: `127.0.0.1:${options.ports.api}`, ...options.api },
      dns: { listen: [this.dnsServer], ...options.dns },
      clusters: known.map((cluster) => ({
        name: cluster.name,
        kubeconfig: cluster.kubeconfig,
        gateway: usualGateway(cluster),
        ...options.cluster?.(cluster),
      })),
      ...(options.hub === true
        ? { hub: { kubeconfig: testPlayground().hub.kubeconfig, namespace: 'sluice-system' } }
        : {}),
    };
  }

  /** Else it would steer, and clear away in the end, what a run beside this one has made. */
  async #refusePortInUse(): Promise<void> {
    const isInUse = await this.fetch('/readyz').then(
      () => true,
      () => false,
    );
    if (isInUse) throw new Error(`${this.server} answers already: a run beside this one has its port`);
  }

  async #makeNamespace(name: string): Promise<void> {
    await this.temporal('operator', 'namespace', 'create', '--namespace', name, '--retention', '24h');
    const known = async () => ((await this.temporal('workflow', 'count')).code === 0 ? true : undefined);
    await until(known, { what: `Temporal namespace ${name}` });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** How the gateways of a cluster of the playground are reached, as `sluice.yaml` says it. */
export function usualGateway({ address, ownGatewayAddress, httpPort, httpsPort }: TestCluster) {
  return { httpPort, httpsPort, cidrs: [`${address}/32`, `${ownGatewayAddress}/32`] };
}
