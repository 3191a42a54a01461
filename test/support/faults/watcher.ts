import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientError } from '../../../src/client/errors.ts';
import { errorCode } from '../../../src/lib/atomic-file.ts';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { claimedState, readDocument } from '../../../src/planes/store/document.ts';
import type { Status } from '../../../src/workflows/status.ts';
import type { TestSluice } from '../sluice.ts';
import { until } from '../until.ts';
import { LeafLook } from './leaf-look.ts';

const ASK_EVERY_MS = 20;
const READ_EVERY_MS = 10;
const SAMPLE_EVERY_MS = 50;
const LOOK_EVERY_MS = 50;

export interface Answer {
  /** Milliseconds since the epoch: when it was asked for. */
  readonly askedAt: number;
  readonly rcode?: number;
  readonly addresses: readonly string[];
  /** No answer came. */
  readonly failure?: string;
}

export interface Sample {
  readonly status: Status;
  /** Temporal or its workers could not be asked: it is the last one that was seen. */
  readonly isStale: boolean;
}

/** A leaf was there, and is not any more. */
export interface Removal {
  readonly cluster: string;
  /** Milliseconds since the epoch, or later than it was. */
  readonly at: number;
}

export interface Watched {
  readonly host: string;
  readonly name: string;
  readonly kind: 'HTTPRoute' | 'Ingress';
  readonly clusters: readonly string[];
}

/** Looks all the time, from outside: at DNS, at what is published, at the status over HTTP, at leaves in clusters. */
export class Watcher {
  readonly answers: Answer[] = [];
  /** Everything that was ever published, by revision. */
  readonly states = new Map<number, GlobalIngress>();
  readonly samples: Sample[] = [];
  readonly removals: Removal[] = [];
  readonly #sluice: TestSluice;
  readonly #watched: Watched;
  readonly #ending = new AbortController();
  readonly #read = new Set<string>();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(sluice: TestSluice, watched: Watched) {
    this.#sluice = sluice;
    this.#watched = watched;
  }

  async start(): Promise<void> {
    await this.#readStates();
    const { clusters, kind, name } = this.#watched;
    const looks = clusters.map((cluster) => {
      const look = new LeafLook(cluster, kind);
      let wasThere = false;
      return this.#repeat(LOOK_EVERY_MS, async () => {
        const isThere = await look.isThere(name);
        if (wasThere && isThere === false) this.removals.push({ cluster, at: Date.now() });
        wasThere = isThere ?? wasThere;
      });
    });
    this.#loops = Promise.all([
      this.#repeat(ASK_EVERY_MS, () => this.#ask()),
      this.#repeat(READ_EVERY_MS, () => this.#readStates()),
      this.#repeat(SAMPLE_EVERY_MS, () => this.#sample()),
      ...looks,
    ]);
    // Told when it is stopped.
    this.#loops.catch(() => undefined);
  }

  /** Ends it, and throws what ended one of its loops before. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#loops;
    await this.#readStates();
  }

  /** Waits until DNS was asked that many times more. */
  async moments(count: number): Promise<void> {
    const enough = this.answers.length + count;
    await until(() => (this.answers.length >= enough ? true : undefined), { what: `${count} answers more` });
  }

  /** What was published last. */
  get newest(): GlobalIngress | undefined {
    return this.states.get(Math.max(...this.states.keys()));
  }

  async #repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await look();
      await delay(everyMs);
    }
  }

  async #ask(): Promise<void> {
    const askedAt = Date.now();
    try {
      const { rcode, values } = await this.#sluice.dig.ask(this.#watched.host);
      this.answers.push({ askedAt, rcode, addresses: values });
    } catch (error) {
      this.answers.push({ askedAt, addresses: [], failure: String(error) });
    }
  }

  /** Each published state is a file of its own, and the last 32 are kept: none is missed. */
  async #readStates(): Promise<void> {
    const { host } = this.#watched;
    const folder = join(this.#sluice.directory, 'state/globalingresses', host);
    for (const file of await readdir(folder).catch(() => [])) {
      if (!/^\d+\.json$/.test(file) || this.#read.has(file)) continue;
      const text = await readFile(join(folder, file), 'utf8').catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return '';
        throw error;
      });
      const state = claimedState(readDocument(text, host));
      if (state === undefined) continue;
      this.#read.add(file);
      this.states.set(state.revision, state);
    }
  }

  async #sample(): Promise<void> {
    try {
      const { value, staleSince } = await this.#sluice.http.get('default', this.#watched.name);
      this.samples.push({ status: value, isStale: staleSince !== undefined });
    } catch (error) {
      // While it is killed there is nobody to ask.
      if (!(error instanceof ClientError) || error.kind !== 'unavailable') throw error;
    }
  }
}
