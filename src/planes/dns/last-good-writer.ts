import type { LastGood, LastGoodFile } from './last-good.ts';

export interface LastGoodWriterOptions {
  readonly file: LastGoodFile;
  /** What is served at the moment of writing. */
  readonly read: () => LastGood;
  /** The copy could not be written. The server goes on from memory, and it is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Changes that come together are written together, milliseconds. */
const DEBOUNCE_MS = 50;
const RETRY_MS = 5_000;

/** Writes the last-good copy after changes, one at a time. */
export class LastGoodWriter {
  readonly #options: LastGoodWriterOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LastGoodWriterOptions) {
    this.#options = options;
  }

  changed(): void {
    this.#schedule(DEBOUNCE_MS);
  }

  /** Drops what is not written yet, and waits for what is being written. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#writing = this.#writing.then(() => this.#write());
    }, delayMs);
  }

  async #write(): Promise<void> {
    try {
      await this.#options.file.save(this.#options.read());
    } catch (error) {
      this.#options.onError(error);
      this.#schedule(RETRY_MS);
    }
  }
}
