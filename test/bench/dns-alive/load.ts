import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Address } from '../../../src/lib/address.ts';
import { until } from '../../support/until.ts';

export interface LoadOptions {
  readonly server: Address;
  readonly host: string;
  readonly queriesPerSecond: number;
  /** Source ports: the kernel divides them among the server's workers. */
  readonly sockets: number;
  /** How long the last answers are waited for, milliseconds. */
  readonly patienceMs: number;
}

/** What the thread is given. */
export interface LoadSettings extends LoadOptions {
  /** By CELL. */
  readonly shared: Int32Array;
}

/** What the two threads tell each other: how many queries have left, and 1 when it is enough. */
export const CELL = { sent: 0, stop: 1 } as const;

/** Times of `clock`, a query each; NaN where no answer came. */
export interface Observed {
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
  /** Answers without a record, or that are an error. */
  readonly faulty: number;
}

/** Milliseconds, the same in all threads of a process. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1_000_000;
}

/** Even load over UDP from a thread of its own, so that what a test does meanwhile delays no query. */
export class Load {
  readonly #thread: Worker;
  readonly #shared: Int32Array;

  private constructor(thread: Worker, shared: Int32Array) {
    this.#thread = thread;
    this.#shared = shared;
  }

  static async start(options: LoadOptions): Promise<Load> {
    const cells = Object.keys(CELL).length;
    const shared = new Int32Array(new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT));
    const workerData: LoadSettings = { ...options, shared };
    const load = new Load(new Worker(new URL('./load-thread.ts', import.meta.url), { workerData }), shared);
    await load.more(1);
    return load;
  }

  /** Settles when so many more queries have left. */
  async more(queries: number): Promise<void> {
    const goal = this.#count() + queries;
    await until(() => this.#count() >= goal || undefined, { what: `${goal} queries have been sent` });
  }

  async stop(): Promise<Observed> {
    const observed = once(this.#thread, 'message');
    Atomics.store(this.#shared, CELL.stop, 1);
    const [result] = (await observed) as [Observed]; // load-thread.ts says no more
    await this.#thread.terminate();
    return result;
  }

  #count(): number {
    return Atomics.load(this.#shared, CELL.sent);
  }
}
