import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ClusterPlace, type PlaygroundApiServer, type PlaygroundCluster, startApiServers } from './api-servers.ts';
import type { ClusterPorts } from './cluster.ts';
import { startDemo } from './demo.ts';
import type { DemoInstance } from './demo-app.ts';
import { socketDirectory, takeDirectory } from './directory.ts';
import { playgroundPorts } from './playground-ports.ts';
import { type PortUse, requirePorts } from './ports.ts';
import { Processes } from './processes.ts';
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

export interface PlaygroundOptions {
  /** State, kubeconfigs and logs; may be there from an earlier playground, whose state is then kept. */
  readonly directory: string;
  readonly clusters: readonly ClusterPlace[];
  readonly hub: ClusterPlace;
  readonly ports?: Partial<PlaygroundPorts>;
  readonly temporalDb: 'file' | 'memory';
  readonly progress: Progress;
  /** What else is going to listen: looked at with the playground's own ports, before anything is started. */
  readonly morePorts?: readonly PortUse[];
}

export interface PlaygroundTemporal {
  readonly address: string;
  /** Undefined when TEMPORAL_ADDRESS names the server: then it is not ours. */
  readonly uiAddress: string | undefined;
  /** The program `temporal`; undefined when the server is not ours. */
  readonly cli: string | undefined;
  /** Stopping and starting it again keeps the workflows if the database is a file. Not for a server that is not ours. */
  stop(): Promise<void>;
  /** As `kill -9` does it. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface Playground {
  readonly directory: string;
  readonly temporal: PlaygroundTemporal;
  readonly clusters: readonly PlaygroundCluster[];
  /** An API server for the objects of Sluice; its custom resource definitions come with `sluice install`. */
  readonly hub: PlaygroundApiServer;
  /** The program. */
  readonly kubectl: string;
  /** Programs that are added here end with the playground. */
  readonly processes: Processes;
  stop(): Promise<void>;
}

/** How many steps `startPlayground` shows. */
export function playgroundSteps(clusters: number): number {
  return TOOL_STEPS + 4 + clusters;
}

/** Brings up Temporal, the hub, the member clusters and the demo application. When anything fails, nothing stays behind. */
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
    const ours = playgroundPorts(options, ports, { temporal: givenTemporal(process.env) === undefined });
    await requirePorts([...ours, ...(options.morePorts ?? [])]);
    const tools = await ensureTools(options.progress);
    const parts = await startParts(processes, { ...options, directory, ports, tools, sockets });
    return { directory, processes, stop, kubectl: tools.kubectl, ...parts };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start extends PlaygroundOptions {
  readonly ports: PlaygroundPorts;
  readonly tools: ToolPaths;
  readonly sockets: string;
}

async function startParts(
  processes: Processes,
  start: Start,
): Promise<Pick<Playground, 'temporal' | 'clusters' | 'hub'>> {
  const [temporal, apiServers] = await Promise.all([
    bringUpTemporal(processes, start),
    startApiServers(processes, start),
    start.progress.step('demo application', () => startDemo(processes, demoInstances(start))),
  ]);
  return { temporal, ...apiServers };
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
    kill: () => server.kill(),
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
  return { address, uiAddress: undefined, cli: undefined, stop: refuse, kill: refuse, start: refuse };
}

function demoInstances({ clusters, ports }: Start): readonly DemoInstance[] {
  return clusters.flatMap(({ name, address }) => [
    { version: 'v1', cluster: name, address, port: ports.demoV1 },
    { version: 'v2', cluster: name, address, port: ports.demoV2 },
  ]);
}
