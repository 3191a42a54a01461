import type { LastGood, LastGoodFile } from './last-good.ts';

export interface LastGoodWriterOptions {
  readonly file: Pick<LastGoodFile, 'save'>;
  /** What is served at the moment of writing. */
  readonly read: () => LastGood;
  /** The copy could not be written. The server goes on from memory, and it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Changes that come together are written together, milliseconds. */
const DEBOUNCE_MS = 50;
/** A copy of thousands of hostnames takes its time: so much longer it waits for each. Few are safe at once, however slow the disk is. */
const DEBOUNCE_MS_A_HOST = 2;
const LONGEST_DEBOUNCE_MS = 2_000;
const RETRY_MS = 5_000;

/** Writes the last-good copy after changes, one at a time. */
export class LastGoodWriter {
  readonly #options: LastGoodWriterOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  /** There was a change while it was written. */
  #isOutdated = false;
  #debounceMs = DEBOUNCE_MS;

  constructor(options: LastGoodWriterOptions) {
    this.#options = options;
  }

  changed(): void {
    if (this.#isWriting) this.#isOutdated = true;
    else this.#schedule(this.#debounceMs);
  }

  /** Drops what is not written yet, and waits for what is being written. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    clearTimeout(this.#timer);
  }

  /** The first of several changes sets the time, or a steady run of them would never be written. */
  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write();
    }, delayMs);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    this.#isOutdated = false;
    try {
      const lastGood = this.#options.read();
      await this.#options.file.save(lastGood);
      this.#debounceMs = Math.min(LONGEST_DEBOUNCE_MS, DEBOUNCE_MS + lastGood.states.length * DEBOUNCE_MS_A_HOST);
    } catch (error) {
      this.#options.onError(error);
      this.#schedule(RETRY_MS);
    }
    this.#isWriting = false;
    if (this.#isOutdated) this.#schedule(this.#debounceMs);
  }
}
