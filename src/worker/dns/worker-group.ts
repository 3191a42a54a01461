import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Publisher } from '../../planes/dns/publisher.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import type { WorkerReport, WorkerSettings } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

export interface WorkerGroupOptions {
  readonly workers: number;
  /** As of now: serials and zone files move on. */
  readonly settings: () => WorkerSettings;
  readonly publisher: Publisher;
  readonly log: Logger;
  /** The processes are other ones. */
  readonly onChange: (pids: readonly number[]) => void;
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
  #synced = false;
  #delayMs = FIRST_DELAY_MS;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
  }

  /** Settles when all of them answer. Throws with the reason when one cannot, and none stays behind. */
  async start({ synced }: { readonly synced: boolean }): Promise<void> {
    this.#synced = synced;
    try {
      await this.#startAll();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** One worker alone is in force when it has it; of several the last one counts. */
  update(update: TreeUpdate): void {
    const alone = this.#workers.size <= 1;
    for (const worker of this.#workers) worker.update({ ...update, confirmed: alone });
    if (!alone && update.hosts.length > 0) void this.#confirm(update);
  }

  pids(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** What they were told is all there is. */
  synced(): void {
    if (this.#synced) return;
    this.#synced = true;
    for (const worker of this.#workers) worker.synced();
  }

  /** New workers take over from those that are there, which answer what they have: for what cannot change in place. */
  async replace(): Promise<void> {
    const before = [...this.#workers];
    await this.#startAll();
    await Promise.all(before.map((worker) => this.#retire(worker)));
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

  async #startAll(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#startOne()));
  }

  async #startOne(): Promise<void> {
    const { log, publisher, settings } = this.#options;
    const startedAt = performance.now();
    const worker = new WorkerProcess({
      settings: settings(),
      onFault: (fault) => log.error({ fault }, 'dns worker met a fault of its own'),
      onExit: () => void this.#exited(worker, performance.now() - startedAt),
    });
    this.#workers.add(worker);
    worker.update(publisher.everything());
    await worker.answer({ synced: this.#synced });
    this.#changed();
  }

  /** Not one that was retired: it is not in the set any more. */
  async #exited(worker: WorkerProcess, aliveMs: number): Promise<void> {
    if (!this.#workers.delete(worker) || this.#stopping.signal.aborted) return;
    if (aliveMs > STEADY_MS) this.#delayMs = FIRST_DELAY_MS;
    const retryInMilliseconds = this.#delayMs;
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    this.#options.log.error({ pid: worker.pid, retryInMilliseconds }, 'dns worker ended unexpectedly');
    // Called off: nothing is to be started any more.
    await delay(retryInMilliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    if (this.#stopping.signal.aborted) return;
    // It reports its own end, which leads here again.
    await this.#startOne().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'dns worker cannot be replaced, trying again');
    });
  }

  async #retire(worker: WorkerProcess): Promise<void> {
    this.#workers.delete(worker);
    await worker.stop();
    this.#changed();
  }

  async #confirm({ hosts }: TreeUpdate): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.finished()));
    const revisions = hosts.map(({ state }) => [state.host, state.revision] as const);
    for (const worker of this.#workers) worker.confirm(revisions);
  }

  #changed(): void {
    this.#options.onChange(this.pids());
  }
}
