import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type Address, formatAddress, parseAddress } from '../../src/lib/address.ts';
import { openFileStore } from '../../src/planes/store/file-store.ts';
import { storeDirectory } from '../../src/worker/state.ts';
import { type NameServer, startKnot, startNsd } from '../support/name-servers.ts';
import { programPath } from '../support/needs.ts';
import { until } from '../support/until.ts';
import { type ServerName, ZONE } from './case.ts';
import { ServerUnderTest } from './server-under-test.ts';

/** A server that the suite starts, on loopback, with the same zone as every other. */
export interface Candidate {
  readonly name: ServerName;
  /** Why it cannot be asked on this machine. */
  readonly missing: string | undefined;
  readonly start: () => Promise<Running>;
}

export interface Running {
  /** Over IPv4 first; over IPv6 too where the suite started it. */
  readonly addresses: readonly Address[];
  readonly stop: () => Promise<void>;
}

const ROOT = resolve(import.meta.dirname, '../..');
const ZONE_FILE = join(ROOT, 'test/support/zones/conformance.zone');
const START_TIMEOUT_MS = 20_000;
const PORTS = { sluice: 15_460, knot: 15_461, nsd: 15_462 };

/** What a server calls itself when asked by NSID (RFC 5001). */
export const SERVER_ID = 'conformance';

/** A hostname of ours with shares; its answers depend on who asks, which a zone file cannot say. */
export const WEIGHTED_HOST = `weighted.${ZONE}`;

/**
 * Ours and the references; or one that somebody started by hand with the same zone file:
 * `SLUICE_CONFORMANCE_SERVER=127.0.0.1:5300 npx vitest run --project conformance`.
 */
export function candidates(): readonly Candidate[] {
  const named = process.env['SLUICE_CONFORMANCE_SERVER'];
  if (named !== undefined) return [{ name: 'other', missing: undefined, start: async () => startedByHand(named) }];
  return [
    { name: 'sluice', missing: undefined, start: startSluice },
    { name: 'knot', missing: missing('knotd'), start: () => startReference('knot') },
    { name: 'nsd', missing: missing('nsd'), start: () => startReference('nsd') },
  ];
}

/** The server behind one of the addresses of a running one. */
export function serverAt(name: ServerName, address: Address | undefined): ServerUnderTest {
  if (address === undefined) throw new Error(`${name} has no such address`);
  return new ServerUnderTest({ name, address });
}

function startedByHand(text: string): Running {
  const address = parseAddress(text);
  if (address === undefined) {
    throw new Error(
      `SLUICE_CONFORMANCE_SERVER is "${text}"; allowed: an IP address and a port, such as 127.0.0.1:5300`,
    );
  }
  return { addresses: [address], stop: async () => undefined };
}

function missing(program: 'knotd' | 'nsd'): string | undefined {
  return programPath(program) === undefined ? `${program} is not installed` : undefined;
}

/** `sluice dns` as a process of its own, as an operator would run it. */
async function startSluice(): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
  const addresses = bothFamilies(PORTS.sluice);
  const config = join(directory, 'sluice.yaml');
  const stateDirectory = join(directory, 'state');
  await publishWeightedHost(stateDirectory);
  writeFileSync(config, stringify(sluiceConfig(stateDirectory, addresses)));
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/bin.mjs'), 'dns', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const stop = async () => {
    await ended(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    for (const address of addresses) await untilItAnswers(address, child);
  } catch (error) {
    await stop();
    throw new Error(`sluice dns does not start:\n${output.join('')}`, { cause: error });
  }
  return { addresses, stop };
}

function sluiceConfig(stateDirectory: string, addresses: readonly Address[]): unknown {
  return {
    zones: [{ name: ZONE, file: ZONE_FILE }],
    stateDirectory,
    // Loopback is exempt from the rate limit, and the addresses of the drawn name are nobody's.
    dns: { listen: addresses.map(formatAddress), nsid: SERVER_ID, probes: false },
    log: { level: 'warn', pretty: false },
  };
}

async function publishWeightedHost(stateDirectory: string): Promise<void> {
  const store = openFileStore(storeDirectory({ stateDirectory }));
  const owner = { namespace: 'default', name: 'weighted' };
  await store.claim(WEIGHTED_HOST, owner, 5);
  const targets = [
    { cluster: 'east', share: 7_000, addresses: ['192.0.2.71'], hostnames: [] },
    { cluster: 'west', share: 3_000, addresses: ['192.0.2.72', '192.0.2.73'], hostnames: [] },
  ];
  const { kind } = await store.put({
    host: WEIGHTED_HOST,
    owner,
    revision: 2,
    ttlSeconds: 5,
    routing: { kind: 'weighted', draw: { kind: 'stratified' } },
    health: null,
    tls: false,
    targets,
  });
  if (kind !== 'written') throw new Error(`the store did not take ${WEIGHTED_HOST}: ${kind}`);
}

async function untilItAnswers(address: Address, child: ChildProcess): Promise<void> {
  const server = new ServerUnderTest({ name: 'sluice', address });
  const look = async () => {
    if (child.exitCode !== null) return 'ended' as const;
    const reply = await server.ask(ZONE, { type: 6, via: 'tcp' });
    return reply.rcode === 0 ? ('answers' as const) : undefined;
  };
  const seen = await until(look, {
    what: `${formatAddress(address)} answers for ${ZONE}`,
    timeoutMs: START_TIMEOUT_MS,
  });
  if (seen === 'ended') throw new Error(`it ended with ${child.exitCode}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exit;
  clearTimeout(deadline);
}

async function startReference(name: 'knot' | 'nsd'): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), `sluice-conformance-${name}-`));
  const port = PORTS[name];
  const zones = [{ kind: 'primary', name: ZONE, text: readFileSync(ZONE_FILE, 'utf8') }] as const;
  const options = { directory, port, zones, server: REFERENCE_SETTINGS[name](port) };
  const server: NameServer = await (name === 'knot' ? startKnot(options) : startNsd(options));
  const stop = async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { addresses: bothFamilies(port), stop };
}

const REFERENCE_SETTINGS = {
  // One worker serves all TCP clients: half a message holds up the others for this long, milliseconds.
  knot: (port: number) => [`listen: ::1@${port}`, `nsid: ${SERVER_ID}`, 'tcp-io-timeout: 200'],
  nsd: (port: number) => [
    `ip-address: ::1@${port}`,
    `nsid: "ascii_${SERVER_ID}"`,
    'answer-cookie: yes',
    'tcp-count: 200',
  ],
} as const;

function bothFamilies(port: number): readonly Address[] {
  return [
    { host: '127.0.0.1', port },
    { host: '::1', port },
  ];
}
