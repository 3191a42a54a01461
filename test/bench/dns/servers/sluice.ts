import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { formatAddress } from '../../../../src/lib/address.ts';
import type { GlobalIngress } from '../../../../src/plan/global-ingress.ts';
import { openFileStore } from '../../../../src/planes/store/file-store.ts';
import type { GlobalIngressStore } from '../../../../src/planes/store/store.ts';
import { TARGETS, TTL_SECONDS, ZONE } from '../names.ts';
import type { Place, ServerKind } from './server.ts';

const PROGRAM = fileURLToPath(new URL('../../../../src/cli/bin.mjs', import.meta.url));
const OWNER = { namespace: 'default', name: 'bench' };
const PARALLEL_WRITES = 32;
/** More than can be answered: the limit counts, and never acts. */
const LIMIT_PER_SECOND = 1_000_000_000;

/** Ours: the program itself, over a store that is filled as an activity fills it. */
export function sluice(program: string = PROGRAM): ServerKind {
  return {
    name: 'Sluice',
    setting: (workers) => `rate limit, cookies and metrics on; draw stratified; workers ${workers}`,
    find: async () => ({ kind: 'found', command: process.execPath }),
    prepare: async (place, command) => {
      const config = join(place.folder, 'sluice.yaml');
      // JSON is YAML.
      await writeFile(config, JSON.stringify(settings(place), undefined, 2));
      await fill(storeIn(place.folder), place.hosts);
      return { command, args: [program, 'dns', '--config', config] };
    },
  };
}

/** What counts of the settings, and nothing else. Loopback is not exempt from the limit here, so that its work is done. */
function settings({ folder, address, metrics, workers }: Place) {
  return {
    zones: [ZONE],
    stateDirectory: join(folder, 'state'),
    dns: {
      listen: [formatAddress(address)],
      metricsListen: formatAddress(metrics),
      workers,
      cookies: { enabled: true },
      rateLimit: { enabled: true, responsesPerSecond: LIMIT_PER_SECOND, exempt: [] },
    },
    clusters: [{ name: 'east', kubeconfig: 'none' }],
    log: { level: 'info', pretty: false },
  };
}

/** The store of a server that `prepare` has made. */
export function storeIn(folder: string): GlobalIngressStore {
  return openFileStore(join(folder, 'state', 'globalingresses'));
}

/** Publishes the state after `revision`, with other shares each time. */
export function nextState(host: string, revision: number): GlobalIngress {
  const [first, second] = TARGETS;
  const share = (first.weight + (revision % 2)) * 100;
  const target = ({ cluster, address }: (typeof TARGETS)[number], part: number) => ({
    cluster,
    share: part,
    addresses: [address],
    hostnames: [],
  });
  return {
    host,
    owner: OWNER,
    revision: revision + 1,
    ttlSeconds: TTL_SECONDS,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: false,
    targets: [target(first, share), target(second, 10_000 - share)],
  };
}

async function fill(store: GlobalIngressStore, hosts: readonly string[]): Promise<void> {
  const limit = pLimit(PARALLEL_WRITES);
  await limit.map(hosts, async (host) => {
    const claimed = await store.claim(host, OWNER, TTL_SECONDS);
    if (claimed.kind === 'taken') throw new Error(`${host} is claimed by somebody else in a new store`);
    const put = await store.put(nextState(host, claimed.current.revision));
    if (put.kind === 'conflict') throw new Error(`${host}: its first state was not written`);
  });
}
