import { randomUUID } from 'node:crypto';
import { type AnswerTotals, machineClock } from '../../planes/dns/answer-totals.ts';
import type { OwnCounts } from './messages.ts';

/** A worker, as far as its answers are counted. */
export interface CountingWorker {
  /** Answers of a hostname that it has given, by cluster; undefined when it does not say. */
  counts(host: string): Promise<Counts | undefined>;
  totals(host: string, totals: AnswerTotals): void;
}

/** Who wants to know, with what it has counted itself. */
export interface Asker {
  readonly worker: CountingWorker;
  readonly own: OwnCounts;
}

type Counts = AnswerTotals['counts'];

/**
 * Adds up the answers of all workers when one of them is asked, and tells all of them: the next question may go to another.
 * Totals never fall while this process runs: what a worker had counted stays when it leaves.
 */
export class TotalsOfWorkers {
  readonly #workers: () => Iterable<CountingWorker>;
  readonly #run = randomUUID();
  /** By hostname. */
  readonly #countedBy = new Map<CountingWorker, Map<string, Counts>>();
  readonly #ofThoseWhoLeft = new Map<string, Counts>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(workers: () => Iterable<CountingWorker>) {
    this.#workers = workers;
  }

  /** Counts and tells the workers; once for all who want to know at the same time. The one that asks says what it has. */
  tell(host: string, asker?: Asker): Promise<void> {
    const before = this.#underWay.get(host);
    if (before !== undefined) return before;
    const telling = this.#tell(host, asker).finally(() => this.#underWay.delete(host));
    this.#underWay.set(host, telling);
    return telling;
  }

  /** This worker answers no more, or soon. */
  left(worker: CountingWorker): void {
    for (const [host, counts] of this.#countedBy.get(worker) ?? []) {
      this.#ofThoseWhoLeft.set(host, sum([this.#ofThoseWhoLeft.get(host) ?? {}, counts]));
    }
    this.#countedBy.delete(worker);
  }

  /** Not served any more: the workers begin anew, should it come back. */
  forget(hosts: readonly string[]): void {
    for (const host of hosts) {
      this.#ofThoseWhoLeft.delete(host);
      for (const counted of this.#countedBy.values()) counted.delete(host);
    }
  }

  /** A sum without one that may have answered would be no sum: then nothing is told, and who wants to know asks again. */
  async #tell(host: string, asker: Asker | undefined): Promise<void> {
    const at = asker?.own.at ?? machineClock();
    const workers = [...this.#workers()];
    const countsOf = async (worker: CountingWorker) =>
      worker === asker?.worker ? asker.own.counts : await worker.counts(host);
    const counted = await Promise.all(workers.map(async (worker) => [worker, await countsOf(worker)] as const));
    const there = new Set(this.#workers());
    if (counted.some(([worker, counts]) => counts === undefined || !there.has(worker))) return;
    for (const [worker, counts] of counted) this.#countedOf(worker).set(host, counts ?? {});
    const before = this.#ofThoseWhoLeft.get(host) ?? {};
    const totals = { run: this.#run, at, counts: sum([before, ...counted.map(([, counts]) => counts ?? {})]) };
    for (const worker of there) worker.totals(host, totals);
  }

  #countedOf(worker: CountingWorker): Map<string, Counts> {
    const known = this.#countedBy.get(worker) ?? new Map<string, Counts>();
    this.#countedBy.set(worker, known);
    return known;
  }
}

function sum(all: readonly Counts[]): Counts {
  const total = new Map<string, number>();
  for (const [cluster, count] of all.flatMap((counts) => Object.entries(counts))) {
    total.set(cluster, (total.get(cluster) ?? 0) + count);
  }
  return Object.fromEntries(total);
}
