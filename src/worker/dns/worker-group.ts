import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Publisher } from '../../planes/dns/publisher.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import type { WorkerReport, WorkerSettings } from './messages.ts';
import { TotalsOfWorkers } from './totals-of-workers.ts';
import { WorkerProcess } from './worker-process.ts';

export interface WorkerGroupOptions {
  readonly workers: number;
  /** As of now: serials and zone files move on. */
  readonly settings: () => WorkerSettings;
  readonly publisher: Publisher;
  readonly log: Logger;
  /** All workers serve what this update says. */
  readonly onInForce: (update: TreeUpdate) => void;
  /** The processes are other ones. Settles when that is on record. */
  readonly onChange: () => Promise<void>;
}

interface WorkerEnd {
  readonly how: string;
  readonly aliveMs: number;
}

const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 1_000;
/** A worker that has answered for so long is replaced at once when it ends. */
const STEADY_MS = 10_000;

/** As many workers as the settings say. One that dies is replaced; the others answer meanwhile. */
export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #workers = new Set<WorkerProcess>();
  readonly #stopping = new AbortController();
  readonly #totals = new TotalsOfWorkers(() => this.#workers);
  #replacing: Promise<void> = Promise.resolve();
  #synced = false;
  #delayMs = FIRST_DELAY_MS;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
  }

  /** Settles when all of them answer. Throws with the reason when one cannot, and none stays behind. */
  async start({ synced }: { readonly synced: boolean }): Promise<void> {
    this.#synced = synced;
    try {
      await this.#start(this.#options.workers);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** One worker alone is in force when it has it; of several the last one counts. */
  update(update: TreeUpdate): void {
    this.#totals.forget(update.removed);
    const alone = this.#workers.size <= 1;
    for (const worker of this.#workers) worker.update({ ...update, confirmed: alone });
    // Before there are any, nothing is in force.
    if (this.#workers.size > 0) void this.#confirm(update, alone);
  }

  pids(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** These processes are in the process file. */
  recorded(pids: readonly number[]): void {
    for (const worker of this.#workers) if (worker.pid !== undefined && pids.includes(worker.pid)) worker.recorded();
  }

  /** What they were told is all there is. */
  synced(): void {
    if (this.#synced) return;
    this.#synced = true;
    for (const worker of this.#workers) worker.synced();
  }

  /**
   * New workers take over from those that are there, which answer what they have: for what cannot change in place. One
   * replacement after the other. Throws when a new worker cannot answer; then the old ones stay.
   */
  replace(): Promise<void> {
    const replacing = this.#replacing.then(() => this.#replaceAll());
    this.#replacing = replacing.catch(() => undefined);
    return replacing;
  }

  /** Of the workers that say so in time. */
  async reports(): Promise<readonly WorkerReport[]> {
    const reports = await Promise.all([...this.#workers].map((worker) => worker.report()));
    return reports.flatMap((report) => report ?? []);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#workers].map((worker) => this.#retire(worker)));
  }

  async #replaceAll(): Promise<void> {
    const old = [...this.#workers];
    try {
      await this.#start(this.#options.workers);
    } catch (error) {
      await Promise.all([...this.#workers].filter((one) => !old.includes(one)).map((one) => this.#retire(one)));
      await this.#start(this.#missing());
      throw error;
    }
    await Promise.all(old.map((one) => this.#retire(one)));
    // One that died meanwhile was not missed.
    await this.#start(this.#missing());
  }

  async #start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#startOne()));
  }

  async #startOne(): Promise<void> {
    const { log, publisher, settings } = this.#options;
    const startedAt = performance.now();
    const worker = new WorkerProcess({
      settings: settings(),
      onAsked: (host, own) => void this.#totals.tell(host, { worker, own }),
      onFault: (fault) => log.error({ fault }, 'dns worker met a fault of its own'),
      onExit: (how) => void this.#exited(worker, { how, aliveMs: performance.now() - startedAt }),
    });
    this.#workers.add(worker);
    worker.update(publisher.everything());
    await worker.answer({ synced: this.#synced });
    await this.#options.onChange();
  }

  /** Not one that was retired: it is not in the set any more. */
  async #exited(worker: WorkerProcess, { how, aliveMs }: WorkerEnd): Promise<void> {
    this.#totals.left(worker);
    if (!this.#workers.delete(worker) || this.#stopping.signal.aborted) return;
    if (aliveMs > STEADY_MS) this.#delayMs = FIRST_DELAY_MS;
    const retryInMilliseconds = this.#delayMs;
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    this.#options.log.error({ pid: worker.pid, how, retryInMilliseconds }, 'dns worker ended unexpectedly');
    // Called off: nothing is to be started any more.
    await delay(retryInMilliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    // While others take over there are more than enough.
    if (this.#missing() === 0) return;
    // It reports its own end, which leads here again.
    await this.#startOne().then(
      () => this.#options.log.info({ insteadOf: worker.pid }, 'dns worker answers in its place'),
      (error: unknown) => this.#options.log.error({ err: error }, 'dns worker cannot be replaced, trying again'),
    );
  }

  async #retire(worker: WorkerProcess): Promise<void> {
    this.#workers.delete(worker);
    this.#totals.left(worker);
    await worker.stop();
    await this.#options.onChange();
  }

  async #confirm(update: TreeUpdate, alone: boolean): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.finished()));
    const revisions = update.hosts.map(({ state }) => [state.host, state.revision] as const);
    if (!alone && revisions.length > 0) for (const worker of this.#workers) worker.confirm(revisions);
    this.#options.onInForce(update);
  }

  #missing(): number {
    return this.#stopping.signal.aborted ? 0 : Math.max(0, this.#options.workers - this.#workers.size);
  }
}
