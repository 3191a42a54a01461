/** So many of something costly a second; as many again may go at once after a quiet second. */
export class Budget {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #asOf: number;

  /** `now`: milliseconds of a clock that is not set, such as `performance.now`. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#asOf = now();
  }

  /** True when one more is within the budget. */
  take(): boolean {
    const now = this.#now();
    const earned = (Math.max(0, now - this.#asOf) * this.#perSecond) / 1_000;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#asOf = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
