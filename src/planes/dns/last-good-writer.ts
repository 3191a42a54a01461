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

  /** The first of several changes sets the time, or a steady run of them would never be written. */
  #schedule(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
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
