import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Address, formatAddress } from '../../lib/address.ts';
import { errorCode } from '../../lib/atomic-file.ts';
import { createResponder, type OnAnswered } from './answer/responder.ts';
import { machineClock, type TotalsOf } from './answer-totals.ts';
import { Counters, type DnsCounters } from './counters.ts';
import type { Random } from './draw/stratified.ts';
import { NO_REGIONS, type RegionTable } from './regions.ts';
import type { AnswerSettings } from './settings.ts';
import { NO_TRANSFERS, type Transfers } from './transfers.ts';
import { listenTcp, TCP_LIMITS, type TcpLimits } from './transport/tcp.ts';
import { listenUdp } from './transport/udp.ts';
import { type TreeUpdate, type ZoneContent, ZoneTree } from './zone/tree.ts';

export interface DnsServerOptions {
  readonly zones: readonly ZoneContent[];
  /** SOA serial to begin with, by zone. */
  readonly serials: Readonly<Record<string, number>>;
  /** Port 0 takes any that is free, the same for UDP and TCP. */
  readonly listen: readonly Address[];
  readonly settings: Omit<AnswerSettings, 'tcpIdleMs'>;
  readonly regions?: RegionTable;
  /** Totals of all servers of the address. Absent: this one is alone. */
  readonly totals?: TotalsOf;
  readonly transfers?: (tree: ZoneTree, counters: Counters) => Transfers;
  readonly tcpLimits?: Partial<TcpLimits>;
  readonly random?: Random;
  readonly onAnswered?: OnAnswered;
  /** A fault of ours that a query or a socket brought to light. The server goes on. */
  readonly onError?: (error: unknown) => void;
}

/** The authoritative server. It answers SERVFAIL in its zones until `sync`. */
export class DnsServer {
  readonly #options: DnsServerOptions;
  readonly #counters = new Counters();
  readonly #run = randomUUID();
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #tree: ZoneTree;
  readonly #transfers: Transfers;
  #synced = false;

  constructor(options: DnsServerOptions) {
    this.#options = options;
    this.#tree = new ZoneTree(options.zones, options.serials, {
      random: options.random ?? Math.random,
      regions: options.regions ?? NO_REGIONS,
      tally: (host, cluster, among) => this.#counters.tally(host, cluster, among),
      totals: options.totals ?? ((host) => ({ run: this.#run, at: machineClock(), counts: this.measured(host) })),
    });
    this.#transfers = options.transfers?.(this.#tree, this.#counters) ?? NO_TRANSFERS;
  }

  /** Binds every address, or none: throws an error that names the one that cannot be had. */
  async start(): Promise<readonly Address[]> {
    const onError = (error: unknown) => this.#options.onError?.(error);
    const limits = { ...TCP_LIMITS, ...this.#options.tcpLimits };
    const respond = createResponder({
      zones: this.#tree,
      synced: () => this.#synced,
      settings: { ...this.#options.settings, tcpIdleMs: limits.messageMs },
      counters: this.#counters,
      transfers: this.#transfers,
      onAnswered: this.#options.onAnswered,
      onInternalError: onError,
    });
    const shared = { respond, counters: this.#counters, limits, onError };
    try {
      const bound: Address[] = [];
      for (const wanted of this.#options.listen) {
        const address = await withPort(wanted);
        bound.push(address);
        await this.#bind(address, shared);
      }
      return bound;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** From the next query on, served beside what is not named. */
  apply(update: TreeUpdate): void {
    this.#tree.apply(update);
    this.#transfers.changed();
    for (const host of update.removed) this.#counters.forget(host);
  }

  /** Every server of this address serves these revisions, by hostname: `_sluice` tells them from now on. */
  confirm(revisions: Iterable<readonly [string, number]>): void {
    for (const [host, revision] of revisions) this.#tree.confirm(host, revision);
  }

  /** What has been applied is all that exists: from now on other names are denied. */
  sync(): void {
    this.#synced = true;
    this.#transfers.changed();
  }

  counters(): DnsCounters {
    return this.#counters.snapshot();
  }

  /** Answers of a hostname by cluster, as far as they show its shares. */
  measured(host: string): Readonly<Record<string, number>> {
    return this.#counters.measured(host);
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

/** The address with a port of its own when it has none. */
export async function withPort(address: Address): Promise<Address> {
  return address.port === 0 ? { ...address, port: await freePort(address.host) } : address;
}

/** Says which address, why the system refuses it, and what to do. */
export function bindError(address: Address, cause: unknown): Error {
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
