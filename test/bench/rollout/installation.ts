import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type Playground, playgroundSteps, startPlayground } from '../../../playground/playground.ts';
import type { ManagedProcess } from '../../../playground/processes.ts';
import type { Progress } from '../../../playground/progress.ts';
import { createHttpClient, type HttpClient } from '../../../src/client/http/http-client.ts';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import { Gateway } from '../kubernetes/gateways.ts';
import type { Closers } from '../kubernetes/installation.ts';
import { GATEWAY_PORT, INGRESS_CLASS } from '../kubernetes/places.ts';
import type { BenchOptions } from './options.ts';
import { API_PORT, DNS_SERVERS, HUB, MEMBERS, TEMPORAL_PORT, ZONE } from './places.ts';
import { Wire } from './wire.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const BIN = join(CHECKOUT, 'src/cli/bin.mjs');
const DIRECTORY = join(CHECKOUT, '.sluice/bench-rollout');
const STOP_MS = 30_000;

/** The playground, the roles of Sluice in it as processes of their own, and stand-ins for ingress controllers. */
export interface Installation {
  readonly playground: Playground;
  readonly worker: ManagedProcess;
  readonly http: HttpClient;
  readonly temporal: Client;
  readonly wires: readonly Wire[];
}

/** Everything that is begun is added to `closers`. */
export async function startInstallation(
  { database }: Pick<BenchOptions, 'database'>,
  { closers, progress }: { readonly closers: Closers; readonly progress: Progress },
): Promise<Installation> {
  // Not the records of processes: what an earlier run has left behind is ended by them.
  for (const name of [stateOf(0), stateOf(1), 'etcd', 'temporal.db', 'temporal.db-wal', 'temporal.db-shm']) {
    rmSync(resolve(DIRECTORY, name), { recursive: true, force: true });
  }
  progress.expect(playgroundSteps(MEMBERS.length) + 1);
  const playground = await startPlayground({
    directory: DIRECTORY,
    clusters: MEMBERS.map(({ name, address }) => ({ name, address })),
    hub: HUB,
    ports: { temporal: TEMPORAL_PORT, temporalUi: TEMPORAL_PORT + 1_000 },
    temporalDb: database,
    progress,
  });
  closers.add(() => rmSync(join(DIRECTORY, 'etcd'), { recursive: true, force: true }));
  closers.add(() => playground.stop());
  await startGateways(playground, closers);
  const connection = await Connection.connect({ address: playground.temporal.address });
  closers.add(() => connection.close());
  const roles = await progress.step('sluice dns, worker, api', () => startRoles(playground));
  for (const role of roles.all) closers.add(() => role.stop());
  const wires = await Promise.all(DNS_SERVERS.map((server) => Wire.open(server)));
  closers.add(() => {
    for (const wire of wires) wire.close();
  });
  const http = createHttpClient({ server: `http://127.0.0.1:${API_PORT}` });
  return { playground, worker: roles.worker, http, temporal: new Client({ connection }), wires };
}

async function startGateways({ clusters }: Playground, closers: Closers): Promise<void> {
  const registry = createClusterRegistry({ log: createLog({ level: 'warn', name: 'bench' }) });
  closers.add(() => registry.close());
  const settings = {
    labels: {},
    gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
    classes: { ingress: {}, gateway: {} },
  };
  registry.set(
    'config',
    clusters.map(({ name, adminKubeconfig: path }) => ({ name, kubeconfig: { kind: 'file', path }, ...settings })),
  );
  for (const place of MEMBERS) {
    const cluster = registry.get(place.name);
    if (!cluster) throw new Error(`the playground has no ${place.name}`);
    const gateway = await Gateway.start(cluster, place);
    closers.add(() => gateway.stop());
  }
}

interface Roles {
  readonly worker: ManagedProcess;
  /** In the order in which they were started. */
  readonly all: readonly ManagedProcess[];
}

/** Every role alone, so that memory is that of one role, and so that the worker can be killed and nothing else. */
async function startRoles(playground: Playground): Promise<Roles> {
  const store = join(stateOf(0), 'globalingresses');
  mkdirSync(store, { recursive: true });
  const dns: ManagedProcess[] = [];
  for (const [index, server] of DNS_SERVERS.entries()) {
    // Each has a last-good copy of its own; the store is one.
    if (index > 0) {
      mkdirSync(stateOf(index), { recursive: true });
      symlinkSync(store, join(stateOf(index), 'globalingresses'));
    }
    dns.push(
      await startRole(playground, { name: `dns-${index}`, role: 'dns', state: stateOf(index), listen: [server] }),
    );
  }
  const common = { state: stateOf(0), listen: DNS_SERVERS };
  const worker = await startRole(playground, { ...common, name: 'worker', role: 'worker' });
  const api = await startRole(playground, { ...common, name: 'api', role: 'api' });
  return { worker, all: [...dns, worker, api] };
}

function stateOf(index: number): string {
  return join(DIRECTORY, `sluice-${index}`);
}

interface RoleStart {
  readonly name: string;
  readonly role: 'dns' | 'worker' | 'api';
  readonly state: string;
  readonly listen: readonly string[];
}

const READY_WORDS = { dns: 'dns server answers', worker: 'temporal worker polls' } as const;

async function startRole(playground: Playground, { name, role, state, listen }: RoleStart): Promise<ManagedProcess> {
  const { clusters, directory, processes, temporal } = playground;
  const config = join(directory, `${name}.yaml`);
  const settings = {
    zones: [ZONE],
    stateDirectory: state,
    api: { listen: `127.0.0.1:${API_PORT}` },
    dns: { listen },
    log: { level: 'info', pretty: false },
    clusters: clusters.map((cluster) => ({
      name: cluster.name,
      kubeconfig: cluster.kubeconfig,
      context: cluster.name,
      gateway: { httpPort: GATEWAY_PORT, cidrs: ['127.0.0.0/8'] },
      classes: { ingress: { public: INGRESS_CLASS } },
    })),
  };
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(settings));
  const log = join(directory, 'logs', `${name}.log`);
  return await processes.start({
    name,
    command: process.execPath,
    args: [BIN, role, '--config', config],
    environment: { TEMPORAL_ADDRESS: temporal.address },
    ready: role === 'api' ? isReady : () => hasSaid(log, READY_WORDS[role]),
    stopTimeoutMs: STOP_MS,
  });
}

async function hasSaid(log: string, words: string): Promise<true | string> {
  return readFileSync(log, 'utf8').includes(words) ? true : `its log does not say "${words}" yet`;
}

async function isReady(): Promise<true | string> {
  try {
    const response = await fetch(`http://127.0.0.1:${API_PORT}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? true : await response.text();
  } catch (error) {
    return String(error);
  }
}
