import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { install } from '../src/hub/install.ts';
import { findPredecessors, retire } from '../src/worker/dns/takeover.ts';
import { SLUICE_USER } from './apiserver.ts';
import type { Playground } from './playground.ts';
import type { PortUse } from './ports.ts';
import type { ManagedProcess } from './processes.ts';
import type { Progress, Say } from './progress.ts';
import { reasonOf } from './wait.ts';

const BIN = fileURLToPath(new URL('../src/cli/bin.mjs', import.meta.url));

export interface SluiceOptions {
  readonly apiPort: number;
  readonly dnsPort: number;
  /** Where Sluice keeps what it has published; absolute. */
  readonly stateDirectory: string;
}

interface Reporting {
  readonly progress: Progress;
  readonly say: Say;
}

export interface Sluice {
  readonly apiUrl: string;
  readonly config: string;
  /** Ends the server, for good. */
  stop(): Promise<void>;
}

/** Activities in flight and open event streams may take a while to end in good order. */
const STOP_TIMEOUT_MS = 15_000;

/** A server that dies sooner than this after its start will do so again: it is not begun anew, milliseconds. */
const STEADY_MS = 10_000;

const INSTALL_TIMEOUT_MS = 60_000;

/** Starts `sluice serve` for the clusters of the playground, and again when it ends without being told to. */
export async function startSluice(playground: Playground, options: SluiceOptions & Reporting): Promise<Sluice> {
  const { progress, say } = options;
  const config = join(playground.directory, 'sluice.yaml');
  writeFileSync(config, stringify(sluiceConfig(playground, options)));
  const apiUrl = `http://127.0.0.1:${options.apiPort}`;
  const server = await playground.processes.start({
    name: 'sluice',
    command: process.execPath,
    args: [BIN, 'serve', '--config', config],
    environment: { TEMPORAL_ADDRESS: playground.temporal.address },
    ready: () => readiness(apiUrl, say),
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
  const supervised = supervise(server, progress);
  const stop = async (): Promise<void> => {
    supervised.abort();
    await server.stop();
  };
  return { apiUrl, config, stop };
}

/** What Sluice listens on, beside the playground's own ports. */
export function sluicePorts({ apiPort, dnsPort }: SluiceOptions): readonly PortUse[] {
  const dns = {
    address: '127.0.0.1',
    port: dnsPort,
    purpose: "Sluice's DNS server",
    change: 'npm start -- --dns-port PORT',
  };
  return [
    {
      address: '127.0.0.1',
      port: apiPort,
      protocol: 'tcp',
      purpose: "Sluice's HTTP API",
      change: 'npm start -- --api-port PORT',
    },
    { ...dns, protocol: 'udp' },
    { ...dns, protocol: 'tcp' },
  ];
}

/** Brings the kinds of Sluice and its rights into the hub. */
export async function installSluice({ hub }: Playground, say: Say): Promise<void> {
  const { adminKubeconfig: kubeconfig, name: context } = hub;
  const signal = AbortSignal.timeout(INSTALL_TIMEOUT_MS);
  await install({ hub: { kubeconfig, context }, user: SLUICE_USER, onProgress: say, signal });
}

function sluiceConfig({ clusters, hub }: Playground, { apiPort, dnsPort, stateDirectory }: SluiceOptions): object {
  return {
    zones: ['example.test'],
    stateDirectory,
    api: { listen: `127.0.0.1:${apiPort}` },
    dns: { listen: [`127.0.0.1:${dnsPort}`] },
    // Its output goes to a file.
    log: { level: 'info', pretty: false },
    clusters: clusters.map(({ name, kubeconfig, address, httpPort }) => ({
      name,
      kubeconfig,
      context: name,
      labels: { region: name === 'north' ? 'us' : 'eu' },
      gateway: { httpPort, cidrs: [`${address}/32`] },
    })),
    hub: { kubeconfig: hub.kubeconfig, context: hub.name },
  };
}

/** What `/readyz` answers: each part with what it waits for. */
interface Readiness {
  readonly ready: boolean;
  readonly components: readonly { readonly component: string; readonly ready: boolean; readonly message: string }[];
}

async function readiness(apiUrl: string, say: Say): Promise<true | string> {
  try {
    const response = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
    const { ready, components } = (await response.json()) as Readiness; // our own API
    const missing = components.filter((one) => !one.ready).map(({ component, message }) => `${component}: ${message}`);
    if (ready && missing.length === 0) return true;
    say(missing.join('; '));
    return missing.join('; ');
  } catch (error) {
    return `${apiUrl}/readyz: ${reasonOf(error)}`;
  }
}

function supervise(server: ManagedProcess, progress: Progress): AbortController {
  const stopping = new AbortController();
  const keepRunning = async (): Promise<void> => {
    for (;;) {
      const startedAt = performance.now();
      const end = await server.ended();
      if (stopping.signal.aborted) return;
      progress.note(`sluice serve: ${end}; its log: ${server.logFile}`);
      if (performance.now() - startedAt < STEADY_MS) {
        progress.note('it is not started again, since it would end again; the rest of the playground goes on');
        return;
      }
      await server.restart();
      progress.note('sluice serve runs again');
    }
  };
  keepRunning().catch((error: unknown) => progress.note(`sluice serve does not run any more: ${String(error)}`));
  return stopping;
}

/**
 * The DNS server is meant to outlive a `serve` that is killed, and the next `serve` takes over from it; when the playground
 * ends, or begins after one that was killed, it has to go.
 */
export async function stopDns(stateDirectory: string): Promise<void> {
  await Promise.all((await findPredecessors(join(stateDirectory, 'dns'))).map(retire));
}
