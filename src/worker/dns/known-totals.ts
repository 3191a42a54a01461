import type { AnswerTotals } from '../../planes/dns/answer-totals.ts';

/** Totals come back within milliseconds; who asks sooner than this is asked for once, milliseconds. */
const PATIENCE_MS = 100;

/** What one worker knows of the answers that all workers have given: it is asked for when somebody wants to know. */
export class KnownTotals {
  readonly #ask: (host: string) => void;
  readonly #known = new Map<string, AnswerTotals>();
  /** When they were asked for. */
  readonly #asked = new Map<string, number>();

  constructor(ask: (host: string) => void) {
    this.#ask = ask;
  }

  /** As of before; what comes of this question is known to the next one. */
  of(host: string): AnswerTotals | undefined {
    const now = performance.now();
    if (now - (this.#asked.get(host) ?? Number.NEGATIVE_INFINITY) >= PATIENCE_MS) {
      this.#asked.set(host, now);
      this.#ask(host);
    }
    return this.#known.get(host);
  }

  set(host: string, totals: AnswerTotals): void {
    this.#known.set(host, totals);
    this.#asked.delete(host);
  }

  forget(hosts: readonly string[]): void {
    for (const host of hosts) {
      this.#known.delete(host);
      this.#asked.delete(host);
    }
  }
}
