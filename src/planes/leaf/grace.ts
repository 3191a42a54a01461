/** How long a backend that was ready may look not ready for a reason that is often over in a moment, milliseconds. */
const GRACE_MS = 3_000;
/** When that is told, so that nobody hears of what is over at once; milliseconds from the same start. */
const TOLD_AFTER_MS = 500;

/** How far the patience with one backend has come. `told`: it still counts as ready, and the reason is shown. */
export type Patience = 'quiet' | 'told' | 'over';

/** The patience with a backend that was ready. Starts when it is first asked for and ends with `end`. */
export class Grace {
  readonly #onChange: () => void;
  #patience: Patience | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `onChange` is called when time has changed the answer. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  patience(): Patience {
    if (this.#patience === undefined) {
      this.#patience = 'quiet';
      this.#turn('told', TOLD_AFTER_MS);
    }
    return this.#patience;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#patience = undefined;
  }

  #turn(next: Patience, ms: number): void {
    this.#timer = setTimeout(() => {
      this.#patience = next;
      if (next === 'told') this.#turn('over', GRACE_MS - TOLD_AFTER_MS);
      this.#onChange();
    }, ms);
  }
}
