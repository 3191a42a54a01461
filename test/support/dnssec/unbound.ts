import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address } from '../../../src/lib/address.ts';
import { dsLine } from '../../../src/planes/dns/dnssec/ds.ts';
import type { SigningKey } from '../../../src/planes/dns/dnssec/signing-key.ts';
import { type Message, readMessage } from '../dns-message.ts';
import { UdpLink } from '../dns-sockets.ts';
import { anOpt, aQuery, DNSSEC_OK, FLAG, TYPE } from '../dns-wire.ts';
import { until } from '../until.ts';

export interface UnboundOptions {
  /** An existing directory for its files. */
  readonly directory: string;
  readonly port: number;
  /** The server of the zone, and the key of it that is trusted. */
  readonly upstream: Address;
  readonly key: SigningKey;
  /** Lines for the `server:` section, as the manual has them, such as `aggressive-nsec: yes`. */
  readonly server?: readonly string[];
  /** Zone files of zones that it finds elsewhere, by name. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

const PROGRAM = 'unbound';
/** Debian keeps servers where a user's PATH does not lead. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
/** It asks a silent server again and again before it gives up. */
const QUERY_TIMEOUT_MS = 10_000;
/** Until its socket is there, queries are lost. */
const START_QUERY_TIMEOUT_MS = 500;

export interface UnboundQuery {
  readonly type: number;
  /** Sets DO, as a client that wants to see signatures; a plain stub does not. */
  readonly dnssec?: boolean;
  /** Takes whatever comes, validated or not. */
  readonly checkingDisabled?: boolean;
  readonly timeoutMs?: number;
}

/** A validating resolver that knows one zone and trusts one key. It reaches nothing but loopback. */
export class Unbound {
  readonly #child: ChildProcess;
  readonly #address: Address;
  #log = '';
  #id = 0;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#address = { host: '127.0.0.1', port };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
  }

  static async start(options: UnboundOptions): Promise<Unbound> {
    const file = join(options.directory, 'unbound.conf');
    mkdirSync(options.directory, { recursive: true });
    writeFileSync(file, configuration(options));
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    const child = spawn(PROGRAM, ['-d', '-c', file], { env: { ...process.env, PATH }, stdio });
    const resolver = new Unbound(child, options.port);
    const look = async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return resolver.ask(options.key.zone, { type: TYPE.SOA, timeoutMs: START_QUERY_TIMEOUT_MS });
    };
    try {
      await until(look, { what: 'unbound answers', timeoutMs: START_TIMEOUT_MS });
      return resolver;
    } catch (error) {
      await resolver.stop();
      throw new Error(`unbound does not start:\n${resolver.log}`, { cause: error });
    }
  }

  /** What it has printed. */
  get log(): string {
    return this.#log;
  }

  async ask(name: string, options: UnboundQuery): Promise<Message> {
    const { type, dnssec = true, checkingDisabled = false, timeoutMs = QUERY_TIMEOUT_MS } = options;
    this.#id = (this.#id + 1) & 0xffff;
    const opt = anOpt({ size: 4_096, flags: dnssec ? DNSSEC_OK : 0 });
    const flags = FLAG.RD | (checkingDisabled ? FLAG.CD : 0);
    const link = await UdpLink.to(this.#address);
    link.send(aQuery(name, { id: this.#id, type, flags, additionals: [opt] }));
    const [reply] = await link.take(1, { timeoutMs });
    link.close();
    if (reply === undefined) throw new Error(`unbound says nothing about ${name} ${type}`);
    return readMessage(reply);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exit;
    clearTimeout(deadline);
  }
}

function configuration({ directory, port, upstream, key, server = [], elsewhere = {} }: UnboundOptions): string {
  return `
server:
    verbosity: 1
    val-log-level: 2
    use-syslog: no
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "${directory}"
    pidfile: "${join(directory, 'unbound.pid')}"
    interface: 127.0.0.1
    port: ${port}
    num-threads: 1
    so-reuseport: no
    do-ip6: no
    do-not-query-localhost: no
    module-config: "validator iterator"
    trust-anchor: "${dsLine(key)}"
    trust-anchor-signaling: no
    root-key-sentinel: no
    local-zone: "test." nodefault
    qname-minimisation: yes
    harden-below-nxdomain: yes
    harden-dnssec-stripped: yes
${server.map((line) => `    ${line}\n`).join('')}
remote-control:
    control-enable: no
stub-zone:
    name: "${key.zone}."
    stub-addr: ${upstream.host}@${upstream.port}
${Object.entries(elsewhere)
  .map(([name, text]) => authZone(directory, name, text))
  .join('')}`;
}

function authZone(directory: string, name: string, text: string): string {
  const file = join(directory, `${name}.zone`);
  writeFileSync(file, text);
  return `auth-zone:\n    name: "${name}."\n    zonefile: "${file}"\n    for-downstream: no\n    for-upstream: yes\n`;
}
