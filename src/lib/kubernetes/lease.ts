import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { KubernetesError } from './errors.ts';
import { LeaseRecord } from './lease-record.ts';

/** A Lease object that one holder at a time may have, and who wants it. */
export interface LeaseClaim {
  readonly namespace: string;
  readonly name: string;
  /** Of this process and no other one, also not of the one before it: it holds whatever lease bears it. */
  readonly identity: string;
  readonly times?: Partial<LeaseTimes>;
  readonly clock?: LeaseClock;
}

export interface LeaseTimes {
  /** After this long without a sign of life of the holder others take the lease. Whole seconds. */
  readonly durationMs: number;
  /** Between two renewals. */
  readonly renewMs: number;
  /** Without a renewal for this long the holder stops: a while before others begin. */
  readonly giveUpMs: number;
  /** Between two attempts to get a lease, and to renew one after a failure. */
  readonly retryMs: number;
}

/** How long it takes, not what time it is: the clocks of two machines need not agree. */
export interface LeaseClock {
  /** Milliseconds that only grow. */
  now(): number;
  /** Resolves when the time is over or the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const TIMES: LeaseTimes = { durationMs: 15_000, renewMs: 5_000, giveUpMs: 10_000, retryMs: 2_000 };

const CLOCK: LeaseClock = {
  now: () => performance.now(),
  // Rejects when the signal aborts, which is one way for it to end.
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

/**
 * Runs `body` while the lease is held; its signal aborts when the lease is lost or `signal` aborts. Waits for the lease,
 * and for it again after a loss, until `signal` aborts or the body ends by itself; the lease is given back then, so that
 * the next holder need not wait. Rejects with what the body throws. The rules are those of client-go: who waits goes by
 * how long the record has not changed before his own eyes, and a record is only replaced as it was read.
 */
export async function whileLeading(
  cluster: Cluster,
  claim: LeaseClaim,
  body: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(cluster, claim);
  while (!signal.aborted) {
    const heldSince = await candidate.acquire(signal);
    if (heldSince === undefined) return;
    if ((await candidate.lead(heldSince, body, signal)) === 'ended') return;
  }
}

class Candidate {
  readonly #record: LeaseRecord;
  readonly #times: LeaseTimes;
  readonly #clock: LeaseClock;

  constructor(cluster: Cluster, claim: LeaseClaim) {
    this.#times = { ...TIMES, ...claim.times };
    this.#clock = claim.clock ?? CLOCK;
    const { durationMs } = this.#times;
    this.#record = new LeaseRecord(cluster, { ...claim, durationMs, now: () => this.#clock.now() });
  }

  /** When the lease became ours; undefined when the signal aborts. */
  async acquire(signal: AbortSignal): Promise<number | undefined> {
    const { giveUpMs, retryMs } = this.#times;
    while (!signal.aborted) {
      const began = this.#clock.now();
      if ((await this.#attempt(giveUpMs, signal)) === 'held') return began;
      // Not all at the same moment.
      await this.#clock.sleep(retryMs * (1 + Math.random() / 5), signal);
    }
    return undefined;
  }

  async lead(
    heldSince: number,
    body: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<'ended' | 'lost'> {
    const lost = new AbortController();
    const done = new AbortController();
    const bodySignal = AbortSignal.any([signal, lost.signal]);
    const keeping = this.#keep(heldSince, { lost, done: done.signal });
    try {
      await body(bodySignal);
    } catch (error) {
      if (!bodySignal.aborted || !isAbort(error, bodySignal)) throw error;
    } finally {
      // Up to here, so that nobody else begins while the body still ends.
      done.abort();
      await keeping;
      if (!lost.signal.aborted) await this.#release();
    }
    return lost.signal.aborted && !signal.aborted ? 'lost' : 'ended';
  }

  /** Renews the lease until the body is done; says when it is lost. */
  async #keep(heldSince: number, { lost, done }: { lost: AbortController; done: AbortSignal }): Promise<void> {
    const { renewMs, giveUpMs, retryMs } = this.#times;
    let renewedAt = heldSince;
    let pauseMs = renewMs;
    while (!done.aborted) {
      await this.#clock.sleep(pauseMs, done);
      if (done.aborted) return;
      // Others count from when they see the renewal, which is later than this.
      const began = this.#clock.now();
      const leftMs = renewedAt + giveUpMs - began;
      const outcome = leftMs > 0 ? await this.#attempt(leftMs, done) : 'notHeld';
      if (done.aborted) return;
      if (outcome === 'notHeld') return lost.abort(new DOMException('the lease is lost', 'AbortError'));
      if (outcome === 'held') renewedAt = began;
      pauseMs = outcome === 'held' ? renewMs : Math.min(retryMs, renewedAt + giveUpMs - this.#clock.now());
    }
  }

  /** `unknown`: the API server could not be asked. */
  async #attempt(deadlineMs: number, signal: AbortSignal): Promise<'held' | 'notHeld' | 'unknown'> {
    const either = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(deadlineMs))]);
    try {
      return await this.#record.take(either);
    } catch (error) {
      if (either.aborted || error instanceof KubernetesError) return 'unknown';
      throw error;
    }
  }

  /** A lease that cannot be given back runs out by itself. */
  async #release(): Promise<void> {
    const timeout = AbortSignal.timeout(this.#times.retryMs);
    try {
      await this.#record.release(timeout);
    } catch (error) {
      if (!timeout.aborted && !(error instanceof KubernetesError)) throw error;
    }
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
