import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Address, formatAddress, parseAddress } from '../lib/address.ts';
import type { GlobalIngress } from '../plan/global-ingress.ts';
import type { DnsCounters } from '../planes/dns/counters.ts';
import { type LastGood, LastGoodFile } from '../planes/dns/last-good.ts';
import { LastGoodWriter } from '../planes/dns/last-good-writer.ts';
import { DnsServer } from '../planes/dns/server.ts';
import { openFileStore } from '../planes/store/file-store.ts';
import { UnreadableHostError } from '../planes/store/file-watch.ts';
import { serveDnsMetrics } from './dns-metrics.ts';
import {
  findPredecessor,
  isCurrent,
  removeProcessFile,
  requireFree,
  retire,
  writeProcessFile,
} from './dns-takeover.ts';

export interface DnsOptions {
  readonly zones: readonly string[];
  /** Addresses with ports, such as `127.0.0.1:5300` or `[::1]:5300`. */
  readonly listen: readonly string[];
  /** For this server alone: its last-good copy and its process file. */
  readonly stateDirectory: string;
  /** The GlobalIngress store. */
  readonly storeDirectory: string;
  readonly log: Logger;
  /** A parent says when to end (SIGTERM): Ctrl-C and a closed terminal are not for this process. */
  readonly supervised?: boolean;
  /** An address for Prometheus to read from, off by default. */
  readonly metricsListen?: string;
}

export interface RunningDns {
  readonly addresses: readonly Address[];
  counters(): DnsCounters;
  /** Answers what is there and ends; also what SIGTERM does. */
  stop(): Promise<void>;
  /** Settles when the server has ended. */
  readonly stopped: Promise<void>;
}

/** How long a start waits for the store when it could begin from its last-good copy, milliseconds. */
const STORE_PATIENCE_MS = 300;
const STORE_RETRY_MS = 500;

/**
 * Runs the DNS server: begins from its own last-good copy, follows the store, and takes over from an older process of
 * the same state directory without a gap. Needs nothing else to answer.
 */
export async function runDns(options: DnsOptions): Promise<RunningDns> {
  const { log, stateDirectory } = options;
  const listen = options.listen.map(requireAddress);
  const file = new LastGoodFile(stateDirectory);
  const { lastGood, damaged } = await file.load();
  if (damaged.length > 0) log.error({ damaged }, 'last-good copy of the dns server is damaged');
  const onError = (error: unknown) => log.error({ err: error }, 'dns server met a fault of its own');
  const server = new DnsServer({ zones: options.zones, listen, serials: lastGood?.serials ?? {}, onError });
  if (lastGood !== undefined) server.apply(lastGood.states);
  const following = followStore(options, { server, file, lastGood });
  const starting = start(server, following.first, options);
  const ending = endOnSignals(options, async () => {
    const { metrics } = await starting;
    await Promise.all([following.stop(), server.stop(), metrics.stop()]);
  });
  try {
    const { addresses } = await starting;
    return { addresses, counters: () => server.counters(), stop: ending.stop, stopped: ending.stopped };
  } catch (error) {
    ending.forget();
    await Promise.all([following.stop(), server.stop()]);
    throw error;
  }
}

/** From the store when it answers soon, else from the last-good copy. */
async function start(server: DnsServer, firstState: Promise<void>, options: DnsOptions) {
  await Promise.race([firstState, delay(STORE_PATIENCE_MS)]);
  const addresses = await takeOver(server, options);
  return { addresses, metrics: await serveDnsMetrics(options.metricsListen, server) };
}

/** Serves first, then lets the predecessor go: at every moment somebody answers. */
async function takeOver(server: DnsServer, { listen, stateDirectory, log }: DnsOptions): Promise<readonly Address[]> {
  const predecessor = await findPredecessor(stateDirectory);
  if (predecessor === undefined) await requireFree(listen.map(requireAddress));
  const addresses = await server.start();
  await writeProcessFile(stateDirectory);
  log.info({ addresses: addresses.map(formatAddress), hosts: server.revisions().size }, 'dns server answers');
  if (predecessor === undefined) return addresses;
  retire(predecessor);
  log.info({ predecessor: predecessor.pid }, 'dns server took over');
  return addresses;
}

interface Followed {
  readonly server: DnsServer;
  readonly file: LastGoodFile;
  readonly lastGood: LastGood | undefined;
}

/** Applies what the store says, and keeps it on disk. */
function followStore(options: DnsOptions, { server, file, lastGood }: Followed) {
  const { log, storeDirectory } = options;
  const first = Promise.withResolvers<void>();
  const stopped = new AbortController();
  const unreadable = new Set<string>();
  let served: readonly GlobalIngress[] = lastGood?.states ?? [];
  const writer = new LastGoodWriter({
    file,
    read: () => ({ states: served, serials: server.serials() }),
    onError: (error) => log.error({ err: error }, 'last-good copy cannot be written, serving from memory'),
  });
  const apply = (all: readonly GlobalIngress[]) => {
    served = withUnreadable(all, served, unreadable);
    server.apply(served);
    writer.changed();
    first.resolve();
  };
  const onError = (error: Error) => {
    if (error instanceof UnreadableHostError) unreadable.add(error.host);
    log.error({ err: error }, 'globalingress store cannot be read, serving what was read before');
  };
  const watching = whenThere(storeDirectory, served.length > 0, stopped.signal, onError).then(() =>
    stopped.signal.aborted ? () => undefined : openFileStore(storeDirectory).watch(apply, onError),
  );
  const stop = async () => {
    stopped.abort();
    (await watching)();
    await writer.stop();
  };
  return { first: first.promise, stop };
}

/** A hostname whose state cannot be read is not gone: what was served of it stays. */
function withUnreadable(
  all: readonly GlobalIngress[],
  served: readonly GlobalIngress[],
  unreadable: Set<string>,
): readonly GlobalIngress[] {
  for (const { host } of all) unreadable.delete(host);
  return [...all, ...served.filter(({ host }) => unreadable.has(host))];
}

/** A store that is missing while hostnames are being served is a fault, not an empty store: waits until it is there. */
async function whenThere(
  directory: string,
  required: boolean,
  signal: AbortSignal,
  onError: (error: Error) => void,
): Promise<void> {
  const exists = () =>
    access(directory).then(
      () => true,
      () => false,
    );
  if (!required || (await exists())) return;
  onError(new Error(`${directory} is missing; the last-good copy is served until it is there`));
  while (!signal.aborted && !(await exists())) {
    // Called off: the loop sees it.
    await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Ends once, by call or by signal. From the first moment, so that no signal meets a process without manners. */
function endOnSignals({ log, stateDirectory, supervised }: DnsOptions, end: () => Promise<void>) {
  const done = Promise.withResolvers<void>();
  let begun = false;
  const run = async () => {
    await end();
    if (await isCurrent(stateDirectory)) await removeProcessFile(stateDirectory);
    forget();
    log.info('dns server ended');
  };
  const stop = () => {
    if (!begun) run().then(done.resolve, done.reject);
    begun = true;
    return done.promise;
  };
  // Whoever waits for `stopped` hears of a failure; nobody does when the start has failed.
  done.promise.catch(() => undefined);
  const onTerminate = () => void stop();
  const onOther = supervised ? () => undefined : onTerminate;
  const forget = () => {
    process.off('SIGTERM', onTerminate);
    for (const name of ['SIGINT', 'SIGHUP']) process.off(name, onOther);
  };
  process.on('SIGTERM', onTerminate);
  for (const name of ['SIGINT', 'SIGHUP']) process.on(name, onOther);
  return { stop, stopped: done.promise, forget };
}

function requireAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new Error(
    `"${text}" is no address for the DNS server; allowed: an IP address and a port, such as 127.0.0.1:5300`,
  );
}
