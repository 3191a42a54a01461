import type { Logger } from 'pino';
import {
  findPredecessors,
  type Generation,
  isCurrent,
  removeProcessFile,
  retire,
  writeProcessFile,
} from './takeover.ts';
import type { WorkerGroup } from './worker-group.ts';

export interface ProcessRecordOptions {
  readonly stateDirectory: string;
  readonly workers: WorkerGroup;
  readonly log: Logger;
}

/** Keeps the process file true. Workers on record outlive this process until a successor finds them; others end with it. */
export class ProcessRecord {
  readonly #options: ProcessRecordOptions;
  #current = false;
  /** What is still to end. */
  #before: readonly Generation[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ProcessRecordOptions) {
    this.#options = options;
  }

  /** This server answers. Its predecessors answer beside it until now, so at every moment somebody does. */
  async takeOver(): Promise<void> {
    const { stateDirectory, log } = this.#options;
    this.#before = await findPredecessors(stateDirectory);
    this.#current = true;
    await this.changed();
    if (this.#before.length === 0) return;
    log.info({ predecessors: this.#before.map(({ control }) => control.pid) }, 'dns server took over');
    void Promise.all(this.#before.map(retire)).then(() => {
      this.#before = [];
      return this.changed();
    });
  }

  /** Other workers. Settles when they are on record: one write after the other, each of what runs by then. */
  changed(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Leaves the file to a successor that has it already. */
  async stop(): Promise<void> {
    this.#current = false;
    await this.#writing;
    const { stateDirectory } = this.#options;
    if (await isCurrent(stateDirectory)) await removeProcessFile(stateDirectory);
  }

  async #write(): Promise<void> {
    if (!this.#current) return;
    const { stateDirectory, workers, log } = this.#options;
    const pids = workers.pids();
    try {
      const written = await writeProcessFile(stateDirectory, { workers: pids, before: this.#before });
      if (written) workers.recorded(pids);
    } catch (error) {
      log.error({ err: error }, 'process file of the dns server cannot be written');
    }
  }
}
