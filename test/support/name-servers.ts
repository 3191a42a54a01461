import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address } from '../../src/lib/address.ts';
import { formatAddress } from '../../src/lib/address.ts';
import { programPath } from './needs.ts';
import { until } from './until.ts';

/** Real name servers of other people, to hold ours against. */
export type NameServerProgram = 'knotd' | 'nsd';

export interface TestKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  /** base64 */
  readonly secret: string;
}

export type TestZone =
  | {
      readonly kind: 'primary';
      /** As written, without a dot at the end. */
      readonly name: string;
      /** Content of a zone file. */
      readonly text: string;
      /** Gives the zone away from this address, to holders of the key. */
      readonly transferTo?: { readonly host: string; readonly key?: TestKey };
    }
  | {
      readonly kind: 'secondary';
      readonly name: string;
      /** Fetched from there, and NOTIFY is taken from that host. */
      readonly primary: Address;
      readonly key?: TestKey;
    };

export interface NameServerOptions {
  /** An existing directory of its own; the configuration, zones, state and log go there. */
  readonly directory: string;
  readonly port: number;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  readonly zones: readonly TestZone[];
  /** Lines for the `server:` section, as the program's manual has them, such as `identity: "x"`. */
  readonly server?: readonly string[];
  /** Whole sections in the program's own language, put before the zones. */
  readonly sections?: string;
}

export function startKnot(options: NameServerOptions): Promise<NameServer> {
  const path = join(options.directory, 'knot.conf');
  return NameServer.start('knotd', ['-c', path], { ...options, path, config: knotConfig(options) });
}

export function startNsd(options: NameServerOptions): Promise<NameServer> {
  const path = join(options.directory, 'nsd.conf');
  return NameServer.start('nsd', ['-d', '-c', path], { ...options, path, config: nsdConfig(options) });
}

interface Prepared extends NameServerOptions {
  readonly path: string;
  readonly config: string;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 500;

/** One of them as a process of its own. */
export class NameServer {
  readonly address: Address;
  readonly #process: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess, address: Address) {
    this.#process = child;
    this.address = address;
    const keep = (chunk: Buffer) => {
      this.#log += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Started when it answers: for a primary's zone with the zone, for a secondary's with anything. */
  static async start(program: NameServerProgram, args: readonly string[], options: Prepared): Promise<NameServer> {
    const found = programPath(program);
    if (found === undefined) throw new Error(`${program} is not installed`);
    writeZones(options);
    writeFileSync(options.path, options.config);
    const child = spawn(found, args, { cwd: options.directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new NameServer(child, { host: options.host ?? '127.0.0.1', port: options.port });
    try {
      for (const zone of options.zones) await server.#ready(zone);
    } catch (error) {
      await server.stop();
      throw new Error(`${program} does not start:\n${server.log()}`, { cause: error });
    }
    return server;
  }

  /** The serial that it serves for a zone; undefined while it serves none. */
  async serial(zone: string): Promise<number | undefined> {
    const answer = await this.#askSoa(zone);
    return typeof answer === 'number' ? answer : undefined;
  }

  /** What it has printed. */
  log(): string {
    return this.#log;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(deadline);
  }

  async #ready(zone: TestZone): Promise<void> {
    const look = async () => {
      if (this.#process.exitCode !== null) throw new Error(`it ended with ${this.#process.exitCode}`);
      const answer = await this.#askSoa(zone.name);
      return answer === 'silence' || (zone.kind === 'primary' && answer === 'error') ? undefined : true;
    };
    await until(look, { what: `${formatAddress(this.address)} answers for ${zone.name}`, timeoutMs: START_TIMEOUT_MS });
  }

  async #askSoa(zone: string): Promise<number | 'error' | 'silence'> {
    const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 1 });
    resolver.setServers([formatAddress(this.address)]);
    try {
      return (await resolver.resolveSoa(zone)).serial;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      return code === 'ETIMEOUT' || code === 'ECONNREFUSED' ? 'silence' : 'error';
    }
  }
}

function writeZones({ directory, zones }: NameServerOptions): void {
  mkdirSync(join(directory, 'zones'), { recursive: true });
  for (const zone of zones) if (zone.kind === 'primary') writeFileSync(zoneFile(directory, zone.name), zone.text);
}

function zoneFile(directory: string, name: string): string {
  return join(directory, 'zones', `${name}.zone`);
}

function keysOf(zones: readonly TestZone[]): readonly TestKey[] {
  const keys = zones.map((zone) => (zone.kind === 'primary' ? zone.transferTo?.key : zone.key));
  const known = keys.filter((key) => key !== undefined);
  return [...new Map(known.map((key) => [key.name, key])).values()];
}

function knotConfig({
  directory,
  port,
  host = '127.0.0.1',
  zones,
  server = [],
  sections = '',
}: NameServerOptions): string {
  const key = (one: TestKey) => `  - id: ${one.name}\n    algorithm: ${one.algorithm}\n    secret: ${one.secret}\n`;
  return `
server:
    rundir: "${directory}"
    listen: ${host}@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
${server.map((line) => `    ${line}\n`).join('')}
log:
  - target: stderr
    any: debug
database:
    storage: "${directory}"
key:
${keysOf(zones).map(key).join('')}
remote:
${zones.map(knotRemote).join('')}
acl:
${zones.map(knotAcl).join('')}
${sections}
zone:
${zones.map((zone, index) => knotZone(zone, { index, file: zoneFile(directory, zone.name) })).join('')}`;
}

function knotRemote(zone: TestZone, index: number): string {
  if (zone.kind === 'primary') return '';
  const key = zone.key === undefined ? '' : `    key: ${zone.key.name}\n`;
  return `  - id: primary-${index}\n    address: ${zone.primary.host}@${zone.primary.port}\n${key}`;
}

function knotAcl(zone: TestZone, index: number): string {
  const peer = zone.kind === 'primary' ? zone.transferTo : { host: zone.primary.host, key: zone.key };
  if (peer === undefined) return '';
  const key = peer.key === undefined ? '' : `    key: ${peer.key.name}\n`;
  const action = zone.kind === 'primary' ? 'transfer' : 'notify';
  return `  - id: peer-${index}\n    address: ${peer.host}\n${key}    action: ${action}\n`;
}

function knotZone(zone: TestZone, { index, file }: { readonly index: number; readonly file: string }): string {
  const head = `  - domain: ${zone.name}\n    file: "${file}"\n`;
  if (zone.kind === 'secondary') return `${head}    master: primary-${index}\n    acl: peer-${index}\n`;
  return zone.transferTo === undefined ? head : `${head}    acl: peer-${index}\n`;
}

function nsdConfig({
  directory,
  port,
  host = '127.0.0.1',
  zones,
  server = [],
  sections = '',
}: NameServerOptions): string {
  const key = (one: TestKey) =>
    `key:\n    name: ${one.name}\n    algorithm: ${one.algorithm}\n    secret: "${one.secret}"\n`;
  return `
server:
    ip-address: ${host}@${port}
    username: ""
    zonesdir: "${directory}"
    database: ""
    pidfile: "${join(directory, 'nsd.pid')}"
    xfrdfile: "${join(directory, 'xfrd.state')}"
    zonelistfile: "${join(directory, 'zone.list')}"
    xfrdir: "${directory}"
    server-count: 1
    rrl-ratelimit: 0
    verbosity: 2
${server.map((line) => `    ${line}\n`).join('')}
remote-control:
    control-enable: no
${keysOf(zones).map(key).join('')}
${sections}
${zones.map((zone) => nsdZone(zone, zoneFile(directory, zone.name))).join('')}`;
}

function nsdZone(zone: TestZone, file: string): string {
  const head = `zone:\n    name: ${zone.name}\n    zonefile: "${file}"\n`;
  const keyName = (key: TestKey | undefined) => key?.name ?? 'NOKEY';
  if (zone.kind === 'secondary') {
    const { host, port } = zone.primary;
    const notify = `    allow-notify: ${host} ${keyName(zone.key)}\n`;
    return `${head}${notify}    request-xfr: ${host}@${port} ${keyName(zone.key)}\n`;
  }
  if (zone.transferTo === undefined) return head;
  return `${head}    provide-xfr: ${zone.transferTo.host} ${keyName(zone.transferTo.key)}\n`;
}
