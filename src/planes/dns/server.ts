import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Address, formatAddress } from '../../lib/address.ts';
import { errorCode } from '../../lib/atomic-file.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { createResponder } from './answer/responder.ts';
import { Counters, type DnsCounters } from './counters.ts';
import { Draws, type Random } from './draw.ts';
import { listenTcp, TCP_LIMITS, type TcpLimits } from './transport/tcp.ts';
import { listenUdp } from './transport/udp.ts';
import { compileZones, unsyncedZones, type ZoneConfig } from './zone/compile.ts';
import type { ZoneSet } from './zone/types.ts';

export interface DnsServerOptions {
  readonly zones: readonly string[];
  /** Port 0 takes any that is free, the same for UDP and TCP. */
  readonly listen: readonly Address[];
  /** SOA serial by zone to go on from; a zone that is not named begins with the time. */
  readonly serials?: Readonly<Record<string, number>>;
  readonly tcpLimits?: Partial<TcpLimits>;
  readonly random?: Random;
  /** A fault of ours that a query or a socket brought to light. The server goes on. */
  readonly onError?: (error: unknown) => void;
}

/** The authoritative server. It answers SERVFAIL in its zones until the first `apply`. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #configs: readonly ZoneConfig[];
  readonly #counters = new Counters();
  readonly #closers: (() => Promise<void>)[] = [];
  #zones: ZoneSet;

  constructor(options: DnsServerOptions) {
    this.#options = options;
    const nameServerAddresses = options.listen
      .map(({ host }) => host)
      .filter((host) => !isWildcard(host))
      .slice(0, 1);
    this.#configs = options.zones.map((name) => {
      const serial = options.serials?.[name] ?? Math.floor(Date.now() / 1_000);
      return { name, serial, nameServerAddresses };
    });
    this.#zones = unsyncedZones(this.#configs);
  }

  /** Binds every address, or none: throws an error that names the one that cannot be had. */
  async start(): Promise<readonly Address[]> {
    const onError = (error: unknown) => this.#options.onError?.(error);
    const draws = new Draws(this.#options.random ?? Math.random);
    const respond = createResponder({
      zones: () => this.#zones,
      draw: (entry) => draws.next(entry),
      counters: this.#counters,
      onInternalError: onError,
    });
    const limits = { ...TCP_LIMITS, ...this.#options.tcpLimits };
    const shared = { respond, counters: this.#counters, limits, onError };
    try {
      const bound: Address[] = [];
      for (const wanted of this.#options.listen) {
        const address = wanted.port === 0 ? { ...wanted, port: await freePort(wanted.host) } : wanted;
        bound.push(address);
        await this.#bind(address, shared);
      }
      return bound;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Serves exactly these hostnames from the next query on. */
  apply(states: readonly GlobalIngress[]): void {
    this.#zones = compileZones(this.#configs, this.#zones, states);
    this.#counters.keepHosts(this.#zones.hosts);
  }

  /** Revision served, by hostname. */
  revisions(): ReadonlyMap<string, number> {
    return new Map([...this.#zones.hosts].map(([host, { state }]) => [host, state.revision]));
  }

  /** SOA serial served, by zone. */
  serials(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#zones.zones.map(({ name, serial }) => [name, serial]));
  }

  counters(): DnsCounters {
    return this.#counters.snapshot();
  }

  /** Stops taking queries, answers those that are there, and ends. */
  async stop(): Promise<void> {
    await Promise.all(this.#closers.splice(0).map((close) => close()));
  }

  async #bind(address: Address, options: Parameters<typeof listenTcp>[1]): Promise<void> {
    try {
      const udp = await listenUdp(address, options);
      this.#closers.push(() => udp.close());
      const tcp = await listenTcp(address, options);
      this.#closers.push(() => tcp.close());
    } catch (error) {
      throw bindError(address, error);
    }
  }
}

function bindError(address: Address, cause: unknown): Error {
  const code = errorCode(cause);
  const where = formatAddress(address);
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program has it; stop that program or choose another address',
    EACCES: 'not allowed; ports below 1024 need the capability CAP_NET_BIND_SERVICE',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  return new Error(`DNS cannot listen on ${where}: ${advice[code ?? ''] ?? String(cause)} (${code ?? 'no code'})`, {
    cause,
  });
}

async function freePort(host: string): Promise<number> {
  const probe = createServer();
  const listening = once(probe, 'listening');
  probe.listen({ host, port: 0 });
  await listening;
  const address = probe.address();
  const closed = once(probe, 'close');
  probe.close();
  await closed;
  if (address === null || typeof address === 'string') throw new Error(`no free port at ${host}`);
  return address.port;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
