/** Bounds how many tasks run at once; the others wait in the order in which they came. */
export class InFlight {
  readonly #limit: number;
  #running = 0;
  #waiting: (() => void)[] = [];
  /** Where the queue begins: what is before has been started. Taking from the front of a long array costs a copy of it. */
  #head = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Runs a task as soon as there is room for it. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  /** The place goes to the one that has waited longest. */
  #leave(): void {
    const next = this.#waiting[this.#head];
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#head += 1;
    if (this.#head * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    next();
  }
}
