import { diffSize, soaSerial, type ZoneDiff } from './zone-version.ts';

export interface JournalLimits {
  readonly maxDiffs: number;
  /** Added and removed, in all. */
  readonly maxRecords: number;
}

/** Enough for a secondary that was away for a while, little enough to forget about. */
export const JOURNAL_LIMITS: JournalLimits = { maxDiffs: 1_000, maxRecords: 100_000 };

/** The last changes of a zone, without a gap. Secondaries that are further behind get the whole zone. */
export class Journal {
  readonly #limits: JournalLimits;
  readonly #diffs: ZoneDiff[] = [];
  #records = 0;

  constructor(limits: JournalLimits = JOURNAL_LIMITS) {
    this.#limits = limits;
  }

  /** Adds the newest change. One that does not begin where the last one ended begins the journal anew. */
  add(diff: ZoneDiff): void {
    const last = this.#diffs.at(-1);
    if (last !== undefined && soaSerial(last.to) !== soaSerial(diff.from)) this.#drop(this.#diffs.length);
    this.#diffs.push(diff);
    this.#records += diffSize(diff);
    while (this.#diffs.length > this.#limits.maxDiffs || this.#records > this.#limits.maxRecords) this.#drop(1);
  }

  /** The changes that lead from a serial to the newest, oldest first; undefined when the journal does not reach back. */
  since(serial: number): readonly ZoneDiff[] | undefined {
    const start = this.#diffs.findIndex(({ from }) => soaSerial(from) === serial);
    return start === -1 ? undefined : this.#diffs.slice(start);
  }

  #drop(count: number): void {
    for (const diff of this.#diffs.splice(0, count)) this.#records -= diffSize(diff);
  }
}
