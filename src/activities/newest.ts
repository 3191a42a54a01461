/**
 * Lets only the newest of several tasks for one key go on. A workflow that follows anew cancels what it followed before,
 * but that activity hears of it with its next heartbeat, most of a heartbeat time-out later.
 */
export class Newest {
  readonly #current = new Map<string, Turn>();

  /**
   * Begins one; `order` says which is newer, of two equal ones that which begins later. Its signal aborts when it is not, or
   * no longer, the newest. Call `end` when it is over.
   */
  begin(key: string, order: number): { readonly signal: AbortSignal; end(): void } {
    const turn: Turn = { order, superseded: new AbortController() };
    const before = this.#current.get(key);
    if (before && before.order > order) turn.superseded.abort();
    else {
      before?.superseded.abort();
      this.#current.set(key, turn);
    }
    return {
      signal: turn.superseded.signal,
      end: () => {
        if (this.#current.get(key) === turn) this.#current.delete(key);
      },
    };
  }
}

interface Turn {
  readonly order: number;
  readonly superseded: AbortController;
}
