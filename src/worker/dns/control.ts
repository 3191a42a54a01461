import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Address, formatAddress } from '../../lib/address.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { type LastGood, LastGoodFile } from '../../planes/dns/last-good.ts';
import { LastGoodWriter } from '../../planes/dns/last-good-writer.ts';
import { loadCookieSecrets, newCookieSecret } from '../../planes/dns/limits/cookie-secrets.ts';
import { Publisher } from '../../planes/dns/publisher.ts';
import { withPort } from '../../planes/dns/server.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import type { Config } from '../config.ts';
import { dnsDirectory } from '../state.ts';
import { followStore } from './follow-store.ts';
import { Knowledge } from './knowledge.ts';
import { listenAddresses } from './listen-addresses.ts';
import { serveDnsMetrics } from './metrics.ts';
import { type NotifiedSecondaries, notifySecondaries } from './notify-secondaries.ts';
import { ProcessRecord } from './process-record.ts';
import { Source } from './source.ts';
import { findPredecessors, requireFree } from './takeover.ts';
import { WorkerGroup } from './worker-group.ts';
import { ZoneFiles } from './zone-files.ts';

export interface DnsOptions {
  readonly config: Config;
  readonly log: Logger;
  /** A parent says when to end (SIGTERM): Ctrl-C and a closed terminal are not for this process. */
  readonly supervised: boolean;
}

/** How long a start waits for the store when it could begin from its last-good copy, milliseconds. */
const STORE_PATIENCE_MS = 300;
/** Signatures hold for a week; new workers make new ones. */
const RENEW_SIGNATURES_MS = 24 * 3_600_000;

interface Opened {
  readonly listen: readonly Address[];
  readonly zoneFiles: ZoneFiles;
  readonly cookieSecrets: readonly string[];
  readonly file: LastGoodFile;
  readonly lastGood: LastGood | undefined;
}

/**
 * Finds out what to serve and has workers answer. It begins from its own last-good copy, follows the store, and takes over from
 * an older one of the same state directory without a gap.
 */
export class DnsControl {
  readonly #options: DnsOptions;
  readonly #listen: readonly Address[];
  readonly #zoneFiles: ZoneFiles;
  readonly #publisher: Publisher;
  readonly #knowledge: Knowledge;
  readonly #workers: WorkerGroup;
  readonly #processes: ProcessRecord;
  readonly #source: Source;
  readonly #writer: LastGoodWriter;
  readonly #firstStates = Promise.withResolvers<void>();
  readonly #closers: (() => Promise<void>)[] = [];
  #secondaries: NotifiedSecondaries | undefined;
  #answering = false;

  static async open(options: DnsOptions): Promise<DnsControl> {
    const { config, log } = options;
    const file = new LastGoodFile(dnsDirectory(config));
    const { lastGood, damaged } = await file.load();
    if (damaged.length > 0) log.error({ damaged }, 'last-good copy of the dns server is damaged');
    const listen = await Promise.all(listenAddresses(config.dns.listen).map(withPort));
    const zoneFiles = await ZoneFiles.open(config.zones);
    return new DnsControl(options, { listen, zoneFiles, cookieSecrets: await cookieSecrets(config), file, lastGood });
  }

  private constructor(options: DnsOptions, { listen, zoneFiles, cookieSecrets: secrets, file, lastGood }: Opened) {
    const { config, log } = options;
    this.#options = options;
    this.#listen = listen;
    this.#zoneFiles = zoneFiles;
    this.#source = new Source({ config, listen, log });
    this.#closers.push(() => this.#source.close());
    this.#knowledge = new Knowledge({
      config,
      gateways: this.#source.gateways,
      log,
      remembered: lastGood?.down ?? [],
      onChange: (hosts) => this.#publish(this.#publisher.refresh(hosts)),
    });
    this.#publisher = new Publisher({
      zones: config.zones.map(({ name }) => name),
      serials: firstSerials(config, zoneFiles.serials(), lastGood?.serials ?? {}),
      serve: (state) => this.#knowledge.serve(state),
    });
    this.#workers = new WorkerGroup({
      workers: config.dns.workers,
      settings: () => ({
        config,
        listen,
        cookieSecrets: secrets,
        serials: this.#publisher.serials(),
        zoneFiles: zoneFiles.texts(),
      }),
      publisher: this.#publisher,
      log,
      onInForce: (update) => this.#source.inForce(update),
      onChange: () => this.#processes.changed(),
    });
    this.#processes = new ProcessRecord({ stateDirectory: dnsDirectory(config), workers: this.#workers, log });
    this.#writer = new LastGoodWriter({
      file,
      read: () => ({
        states: this.#publisher.states(),
        serials: this.#publisher.serials(),
        down: this.#knowledge.down(),
      }),
      onError: (error) => log.error({ err: error }, 'last-good copy cannot be written, serving from memory'),
    });
    this.#closers.push(() => this.#writer.stop());
    if (lastGood !== undefined) this.#apply(lastGood.states);
  }

  /** Answers when it settles: from the store when that is there soon, else from the last-good copy. */
  async start(): Promise<void> {
    const { config, log } = this.#options;
    this.#followStore();
    await Promise.race([this.#firstStates.promise, delay(STORE_PATIENCE_MS)]);
    const predecessors = await findPredecessors(dnsDirectory(config));
    if (predecessors.length === 0) await requireFree(this.#listen);
    await this.#workers.start({ synced: this.#publisher.isFilled });
    this.#closers.push(() => this.#workers.stop());
    this.#source.inForce(this.#publisher.everything());
    // What may fail comes before the predecessor is told to end.
    await this.#notifySecondaries();
    await this.#serveMetrics();
    await this.#processes.takeOver();
    this.#answering = true;
    const hosts = this.#publisher.states().length;
    log.info({ addresses: this.#listen.map(formatAddress), workers: config.dns.workers, hosts }, 'dns server answers');
    this.#watchZoneFiles();
    this.#renewSignatures();
  }

  async stop(): Promise<void> {
    const answered = this.#answering;
    this.#answering = false;
    this.#knowledge.stop();
    await Promise.all(this.#closers.splice(0).map((close) => close()));
    await this.#processes.stop();
    // A start that failed says so itself.
    if (answered) this.#options.log.info('dns server ended');
  }

  async #serveMetrics(): Promise<void> {
    const metrics = await serveDnsMetrics(this.#options.config.dns.metricsListen, async () => ({
      workers: await this.#workers.reports(),
      hosts: this.#publisher.hosts(),
      serials: this.#publisher.serials(),
      probes: this.#knowledge.probes(),
    }));
    this.#closers.push(() => metrics.stop());
  }

  #watchZoneFiles(): void {
    const { log } = this.#options;
    this.#zoneFiles.watch({
      onChange: (zones) => void this.#replaceWorkers(`zone file changed: ${zones.join(', ')}`, zones),
      onError: ({ message }) =>
        log.error({ reason: message }, 'zone file cannot be used, serving what was read before'),
    });
    this.#closers.push(() => this.#zoneFiles.stop());
  }

  async #notifySecondaries(): Promise<void> {
    const { config, log } = this.#options;
    const secondaries = await notifySecondaries(config, log);
    this.#secondaries = secondaries;
    this.#closers.push(async () => secondaries.stop());
    secondaries.changed(this.#publisher.serials());
  }

  #followStore(): void {
    const { log } = this.#options;
    const { store, directory } = this.#source;
    this.#closers.push(
      followStore({
        store,
        ...(directory !== undefined && { directory }),
        served: this.#publisher.states(),
        onStates: (states) => {
          this.#apply(states);
          this.#firstStates.resolve();
        },
        onError: (error) =>
          log.error({ err: error }, 'globalingress store cannot be read, serving what was read before'),
      }),
    );
    void this.#firstStates.promise.then(() => this.#workers.synced());
  }

  #apply(states: readonly GlobalIngress[]): void {
    this.#knowledge.keep(states);
    this.#publish(this.#publisher.replace(states));
  }

  #publish(update: TreeUpdate): void {
    if (update.hosts.length === 0 && update.removed.length === 0) return;
    this.#workers.update(update);
    this.#writer.changed();
    this.#secondaries?.changed(update.serials);
  }

  /** What a worker is given at its start changes by starting new ones: they answer before the old ones leave. */
  async #replaceWorkers(reason: string, zones: readonly string[] = []): Promise<void> {
    const { log } = this.#options;
    if (!this.#answering) return;
    for (const zone of zones) this.#publisher.renumber(zone);
    this.#writer.changed();
    try {
      await this.#workers.replace();
      this.#secondaries?.changed(this.#publisher.serials());
      log.info({ reason }, 'dns workers were replaced');
    } catch (error) {
      log.error({ err: error, reason }, 'dns workers could not be replaced, the old ones go on');
    }
  }

  #renewSignatures(): void {
    if (!this.#options.config.zones.some(({ keysDirectory }) => keysDirectory !== undefined)) return;
    const timer = setInterval(() => void this.#replaceWorkers('signatures are renewed'), RENEW_SIGNATURES_MS);
    this.#closers.push(async () => clearInterval(timer));
  }
}

async function cookieSecrets({ dns }: Config): Promise<readonly string[]> {
  const { secretsFile } = dns.cookies;
  const secrets = secretsFile === undefined ? [newCookieSecret()] : await loadCookieSecrets(secretsFile);
  return secrets.map((secret) => secret.toString('hex'));
}

type Serials = Readonly<Record<string, number>>;

/**
 * On from what was served last. A zone that never was begins with the time, above what an earlier installation may have had, or
 * with what its file says when that is more: it may come from another server.
 */
function firstSerials({ zones }: Config, ofFiles: Serials, served: Serials): Serials {
  const seconds = Math.floor(Date.now() / 1_000);
  return Object.fromEntries(
    zones.map(({ name }) => [name, served[name] ?? Math.max(seconds, (ofFiles[name] ?? 0) + 1)]),
  );
}
