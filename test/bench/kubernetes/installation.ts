import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { Registry } from 'prom-client';
import { type Playground, playgroundSteps, startPlayground } from '../../../playground/playground.ts';
import type { ManagedProcess } from '../../../playground/processes.ts';
import type { Progress } from '../../../playground/progress.ts';
import { installSluice, stopDns } from '../../../playground/sluice.ts';
import { createHttpClient, type HttpClient } from '../../../src/client/http/http-client.ts';
import { createClusterRegistry, type RegisteredCluster } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createKubernetesMetrics } from '../../../src/lib/kubernetes/metrics.ts';
import type { Manifest } from '../../../src/lib/kubernetes/objects.ts';
import { applyObject } from '../../../src/lib/kubernetes/requests.ts';
import { CLUSTER, SECRET } from '../../../src/lib/kubernetes/resources.ts';
import { createLog } from '../../../src/lib/log.ts';
import { labelsOf } from './documents.ts';
import { Gateway } from './gateways.ts';
import type { BenchOptions } from './options.ts';
import { API_PORT, DNS_PORT, GATEWAY_PORT, HUB, INGRESS_CLASS, MEMBERS, TEMPORAL_PORT, ZONE } from './places.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const BIN = join(CHECKOUT, 'src/cli/bin.mjs');
const DIRECTORY = join(CHECKOUT, '.sluice/bench-kubernetes');
/** Rollouts in flight may take a while to end in good order, milliseconds. */
const STOP_MS = 30_000;
const NEVER = new AbortController().signal;

/** A cluster of the bench as the bench itself sees it, as its administrator. */
export interface Member {
  readonly name: string;
  readonly cluster: RegisteredCluster;
  readonly gateway: Gateway;
  readonly adminKubeconfig: string;
}

/** The playground, `sluice serve` in it, and the stand-ins for ingress controllers. */
export interface Installation {
  readonly playground: Playground;
  readonly hub: RegisteredCluster;
  readonly members: readonly Member[];
  readonly http: HttpClient;
  readonly temporal: Client;
  readonly serve: ManagedProcess;
  readonly apiUrl: string;
  /** What the bench itself asks of the API servers is in here. */
  readonly own: Registry;
}

/** What is to be ended, in this order, whatever becomes of the start. */
export class Closers {
  readonly #all: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  add(close: () => Promise<void> | void): void {
    this.#all.unshift(close);
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const close of this.#all) await close();
    })();
    return this.#closing;
  }
}

/** Everything that is begun is added to `closers`. */
export async function startInstallation(
  options: BenchOptions,
  { closers, progress }: { readonly closers: Closers; readonly progress: Progress },
): Promise<Installation> {
  rmSync(join(DIRECTORY, 'sluice'), { recursive: true, force: true });
  progress.expect(playgroundSteps(MEMBERS.length) + 1);
  const playground = await startPlayground({
    directory: DIRECTORY,
    clusters: MEMBERS.map(({ name, address }) => ({ name, address })),
    hub: HUB,
    ports: { temporal: TEMPORAL_PORT, temporalUi: TEMPORAL_PORT + 1_000 },
    temporalDb: 'memory',
    progress,
  });
  closers.add(() => rmSync(join(DIRECTORY, 'etcd'), { recursive: true, force: true }));
  closers.add(() => playground.stop());
  const own = new Registry();
  const { hub, members } = await connect(playground, { own, closers });
  await installSluice(playground, () => undefined);
  await registerMembers(hub, playground);
  const connection = await Connection.connect({ address: playground.temporal.address });
  closers.add(() => connection.close());
  const apiUrl = `http://127.0.0.1:${API_PORT}`;
  closers.add(() => stopDns(join(DIRECTORY, 'sluice')));
  const serve = await progress.step('sluice serve', () => startServe(playground, { ...options, apiUrl }));
  closers.add(() => serve.stop());
  const http = createHttpClient({ server: apiUrl });
  return { playground, hub, members, http, temporal: new Client({ connection }), serve, apiUrl, own };
}

interface Own {
  readonly own: Registry;
  readonly closers: Closers;
}

async function connect(
  { clusters, hub }: Playground,
  { own, closers }: Own,
): Promise<{ readonly hub: RegisteredCluster; readonly members: readonly Member[] }> {
  const log = createLog({ level: 'warn', name: 'bench' });
  const registry = createClusterRegistry({ log, metrics: createKubernetesMetrics(own) });
  closers.add(() => registry.close());
  const settings = {
    labels: {},
    gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
    classes: { ingress: {}, gateway: {} },
  };
  const all = [hub, ...clusters];
  registry.set(
    'config',
    all.map(({ name, adminKubeconfig: path }) => ({ name, kubeconfig: { kind: 'file', path }, ...settings })),
  );
  const opened = (name: string): RegisteredCluster => {
    const cluster = registry.get(name);
    if (!cluster) throw new Error(`the playground has no ${name}`);
    return cluster;
  };
  const members: Member[] = [];
  for (const place of MEMBERS) {
    const cluster = opened(place.name);
    const gateway = await Gateway.start(cluster, place);
    closers.add(() => gateway.stop());
    const adminKubeconfig = clusters.find(({ name }) => name === place.name)?.adminKubeconfig ?? '';
    members.push({ name: place.name, cluster, gateway, adminKubeconfig });
  }
  return { hub: opened(hub.name), members };
}

/** The clusters are objects of the hub, with their kubeconfigs in Secrets. */
async function registerMembers(hub: RegisteredCluster, { clusters }: Playground): Promise<void> {
  const namespace = 'sluice-system';
  for (const { name, kubeconfig } of clusters) {
    const secret: Manifest = {
      apiVersion: SECRET.apiVersion,
      kind: SECRET.kind,
      metadata: { name, namespace, labels: { 'sluice.dev/kubeconfig': 'true' } },
      stringData: { kubeconfig: readFileSync(kubeconfig, 'utf8') },
    };
    const options = { fieldManager: 'bench', force: true, signal: NEVER };
    await applyObject(hub, { resource: SECRET, namespace, name }, { ...options, manifest: secret });
    await labelCluster(hub, name, labelsOf(name));
  }
}

/** Registers a cluster with these labels and no others. */
export async function labelCluster(
  hub: RegisteredCluster,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const manifest: Manifest = {
    apiVersion: CLUSTER.apiVersion,
    kind: CLUSTER.kind,
    metadata: { name, labels },
    spec: {
      kubeconfig: { secretRef: { name } },
      gateway: { httpPort: GATEWAY_PORT, cidrs: ['127.0.0.0/8'] },
      classes: { ingress: { public: INGRESS_CLASS } },
    },
  };
  await applyObject(hub, { resource: CLUSTER, name }, { manifest, fieldManager: 'bench', force: true, signal: NEVER });
}

async function startServe(
  { directory, hub, processes, temporal }: Playground,
  { apiUrl, profile }: Pick<BenchOptions, 'profile'> & { readonly apiUrl: string },
): Promise<ManagedProcess> {
  const config = join(directory, 'sluice.yaml');
  const settings = {
    zones: [ZONE],
    stateDirectory: join(directory, 'sluice'),
    api: { listen: new URL(apiUrl).host },
    dns: { listen: [`127.0.0.1:${DNS_PORT}`] },
    hub: { kubeconfig: hub.kubeconfig, context: hub.name },
    log: { level: 'info', pretty: false },
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings));
  if (profile !== undefined) mkdirSync(profile, { recursive: true });
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`];
  return await processes.start({
    name: 'sluice',
    command: process.execPath,
    args: [...flags, BIN, 'serve', '--config', config],
    environment: { TEMPORAL_ADDRESS: temporal.address },
    ready: () => isReady(apiUrl),
    stopTimeoutMs: STOP_MS,
  });
}

async function isReady(apiUrl: string): Promise<true | string> {
  try {
    const response = await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? true : await response.text();
  } catch (error) {
    return String(error);
  }
}
