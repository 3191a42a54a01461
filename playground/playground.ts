import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ClusterPorts, type RunningCluster, startCluster } from './cluster.ts';
import { demoUrl, startDemo } from './demo.ts';
import type { DemoInstance } from './demo-app.ts';
import { etcdUrl, startEtcd } from './etcd.ts';
import { playgroundPorts } from './playground-ports.ts';
import { type PortUse, requirePorts } from './ports.ts';
import { ProcessRecords } from './process-records.ts';
import { type ManagedProcess, Processes } from './processes.ts';
import type { Progress } from './progress.ts';
import { startTemporal, temporalHealth } from './temporal.ts';
import { ensureTools, givenTemporal, TOOL_STEPS, type ToolPaths } from './tools/ensure-tools.ts';

/** Ports of what all clusters share. etcd is on the address of the first cluster, Temporal on 127.0.0.1. */
export interface PlaygroundPorts extends ClusterPorts {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
}

export const DEFAULT_PORTS: PlaygroundPorts = {
  temporal: 7_233,
  temporalUi: 8_233,
  http: 8_088,
  // The examples name these two.
  demoV1: 8_001,
  demoV2: 8_002,
  apiServer: 16_443,
  xds: 16_444,
  contour: 16_445,
  contourDebug: 16_446,
  envoyStats: 16_447,
  https: 16_448,
  etcdClient: 16_449,
  etcdPeer: 16_450,
};

export interface ClusterPlace {
  readonly name: string;
  /** A loopback address that no other cluster has: everything of the cluster listens there. */
  readonly address: string;
}

export interface PlaygroundOptions {
  /** State, kubeconfigs and logs; may be there from an earlier playground, whose state is then kept. */
  readonly directory: string;
  readonly clusters: readonly ClusterPlace[];
  readonly ports?: Partial<PlaygroundPorts>;
  readonly temporalDb: 'file' | 'memory';
  readonly progress: Progress;
  /** What else is going to listen: looked at with the playground's own ports, before anything is started. */
  readonly morePorts?: readonly PortUse[];
}

/** Another playground runs in the same directory. */
export class PlaygroundRunningError extends Error {
  override readonly name = 'PlaygroundRunningError';
}

export interface PlaygroundCluster extends ClusterPlace {
  readonly kubeconfig: string;
  readonly httpPort: number;
  /** `POST <url>/control` with `{"fail": true}` or `{"delayMs": 2000}` changes how one of them behaves. */
  readonly demo: { readonly v1Url: string; readonly v2Url: string };
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
}

export interface PlaygroundTemporal {
  readonly address: string;
  /** Undefined when TEMPORAL_ADDRESS names the server: then it is not ours. */
  readonly uiAddress: string | undefined;
  /** The program `temporal`; undefined when the server is not ours. */
  readonly cli: string | undefined;
  /** Stopping and starting it again keeps the workflows if the database is a file. Not for a server that is not ours. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Playground {
  readonly directory: string;
  readonly temporal: PlaygroundTemporal;
  readonly clusters: readonly PlaygroundCluster[];
  /** Programs that are added here end with the playground. */
  readonly processes: Processes;
  stop(): Promise<void>;
}

/** How long a process that an earlier playground left behind may take to end, milliseconds. */
const LEFTOVER_TIMEOUT_MS = 5_000;

/** How many steps `startPlayground` shows. */
export function playgroundSteps(clusters: number): number {
  return TOOL_STEPS + 3 + clusters;
}

/** Brings up Temporal, the member clusters and the demo application. When anything fails, nothing stays behind. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const directory = resolve(options.directory);
  const records = await takeDirectory(directory, options.progress);
  const processes = new Processes(directory);
  const sockets = socketDirectory(directory);
  const stop = async (): Promise<void> => {
    await processes.stopAll();
    rmSync(sockets, { recursive: true, force: true });
    records.release();
  };
  try {
    const ports = { ...DEFAULT_PORTS, ...options.ports };
    const ours = playgroundPorts(options.clusters, ports, { temporal: givenTemporal(process.env) === undefined });
    await requirePorts([...ours, ...(options.morePorts ?? [])]);
    const tools = await ensureTools(options.progress);
    const parts = await startParts(processes, { ...options, directory, ports, tools, sockets });
    return { directory, processes, stop, ...parts };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Makes a directory ours, and stops what a playground that was killed has left in it. */
export async function takeDirectory(directory: string, progress: Progress): Promise<ProcessRecords> {
  mkdirSync(directory, { recursive: true });
  const records = new ProcessRecords(directory);
  const owner = records.claim();
  if (owner !== undefined) {
    throw new PlaygroundRunningError(
      `A playground already runs in ${directory} (process ${owner}): stop that one first.`,
    );
  }
  const leftovers = await records.stopLeftovers(LEFTOVER_TIMEOUT_MS);
  if (leftovers.length > 0) progress.note(`stopped what an earlier playground left behind: ${leftovers.join(', ')}`);
  return records;
}

interface Start extends PlaygroundOptions {
  readonly ports: PlaygroundPorts;
  readonly tools: ToolPaths;
  readonly sockets: string;
}

async function startParts(processes: Processes, start: Start): Promise<Pick<Playground, 'temporal' | 'clusters'>> {
  const [temporal, clusters] = await Promise.all([
    bringUpTemporal(processes, start),
    bringUpClusters(processes, start),
    start.progress.step('demo application', () => startDemo(processes, demoInstances(start))),
  ]);
  return { temporal, clusters };
}

async function bringUpTemporal(processes: Processes, start: Start): Promise<PlaygroundTemporal> {
  const { directory, ports, progress, tools, temporalDb } = start;
  const binary = tools.temporal;
  if (binary === undefined) return progress.step('Temporal', checkGivenTemporal);
  const settings = { binary, directory, address: '127.0.0.1', port: ports.temporal, uiPort: ports.temporalUi };
  const server = await progress.step('Temporal', () => startTemporal(processes, { ...settings, database: temporalDb }));
  return {
    address: `127.0.0.1:${ports.temporal}`,
    uiAddress: `http://127.0.0.1:${ports.temporalUi}`,
    cli: binary,
    stop: () => server.stop(),
    start: () => server.start(),
  };
}

async function checkGivenTemporal(): Promise<PlaygroundTemporal> {
  const address = givenTemporal(process.env) ?? '';
  const health = await temporalHealth(address);
  if (health !== true)
    throw new Error(`${health}. Unset TEMPORAL_ADDRESS to let the playground start a server of its own.`);
  const refuse = async (): Promise<void> => {
    throw new Error(
      `the Temporal server at ${address} was given by TEMPORAL_ADDRESS: it is not started and stopped here`,
    );
  };
  return { address, uiAddress: undefined, cli: undefined, stop: refuse, start: refuse };
}

async function bringUpClusters(processes: Processes, start: Start): Promise<readonly PlaygroundCluster[]> {
  const { clusters, directory, ports, progress, tools } = start;
  const address = clusters[0]?.address ?? '127.0.0.1';
  const store = { address, clientPort: ports.etcdClient, peerPort: ports.etcdPeer };
  await progress.step('etcd', () => startEtcd(processes, { binary: tools.etcd, directory, ...store }));
  const common = { ports, directory, tools, socketDirectory: start.sockets, etcd: etcdUrl(store) };
  return Promise.all(
    clusters.map(async (place) => {
      const running = await progress.step(`cluster ${place.name}`, (say) =>
        startCluster(processes, { ...common, ...place, say }),
      );
      return describeCluster(place, ports, running);
    }),
  );
}

function describeCluster(place: ClusterPlace, ports: PlaygroundPorts, running: RunningCluster): PlaygroundCluster {
  return {
    ...place,
    kubeconfig: running.kubeconfig,
    httpPort: ports.http,
    demo: {
      v1Url: demoUrl({ address: place.address, port: ports.demoV1 }),
      v2Url: demoUrl({ address: place.address, port: ports.demoV2 }),
    },
    stopApiServer: (): Promise<void> => stopAndForget(running.apiServer),
    startApiServer: (): Promise<void> => running.apiServer.start(),
  };
}

/** A cluster that is lost goes without a word: its API server is killed, and no client is told. */
function stopAndForget(apiServer: ManagedProcess): Promise<void> {
  return apiServer.kill();
}

function demoInstances({ clusters, ports }: Start): readonly DemoInstance[] {
  return clusters.flatMap(({ name, address }) => [
    { version: 'v1', cluster: name, address, port: ports.demoV1 },
    { version: 'v2', cluster: name, address, port: ports.demoV2 },
  ]);
}

/** Sockets need short paths, which a checkout may not have. */
function socketDirectory(directory: string): string {
  const short = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const path = join(tmpdir(), `sluice-${short}`);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  return path;
}
