import type { ProbeOutcome } from '../../../lib/probe.ts';
import type { HealthCheck } from '../../../spec/types.ts';
import type { AddressHealth } from './judge.ts';
import { beatAfter, suspectSpacingMs } from './schedule.ts';

export interface ProberOptions {
  readonly check: HealthCheck;
  /** Sends one probe when there is room for it; `onStart` tells when it really begins. Rejects never. */
  readonly send: (onStart: () => void, signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Takes the outcome of one probe and returns what is known now. */
  readonly onOutcome: (outcome: ProbeOutcome) => AddressHealth;
  /** 0 up to 1, without 1: where in the interval the first probe begins, so that thousands are spread over it. */
  readonly phase: number;
}

/** Probes one address until it is stopped: on the beat, and closer together while it may be failing. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #intervalMs: number;
  readonly #suspectMs: number;
  readonly #anchor: number;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** When the probe that began last was due. */
  #due: number;
  #pending = 0;
  #failures = 0;
  #isDown = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#intervalMs = Math.round(options.check.intervalSeconds * 1000);
    this.#suspectMs = suspectSpacingMs(options.check);
    this.#anchor = clock() - Math.floor((1 - options.phase) * this.#intervalMs);
    this.#due = this.#anchor;
    this.#wakeAt(this.#nextBeat());
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopping.abort();
  }

  #wakeAt(due: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(due), Math.max(0, due - performance.now()));
  }

  #nextBeat(): number {
    return beatAfter(Math.max(clock(), this.#due), this.#anchor, this.#intervalMs); // a timer may fire a bit early
  }

  #begin(due: number): void {
    if (this.#hasEnoughPending()) return; // the outcome of one of them decides how to go on
    this.#due = due;
    this.#pending += 1;
    const { send } = this.#options;
    // While nothing is heard of a probe its address may be failing. Time in the queue is not the address's fault.
    const onStart = (): void => this.#wakeAt(due + this.#suspectMs);
    void send(onStart, this.#stopping.signal).then((outcome) => this.#end(outcome));
  }

  /** As many as can matter: each that hangs would be one of the failures that are still to come. */
  #hasEnoughPending(): boolean {
    if (this.#pending === 0) return false;
    return this.#isDown || this.#pending + this.#failures >= this.#options.check.unhealthyThreshold;
  }

  #end(outcome: ProbeOutcome): void {
    this.#pending -= 1;
    if (this.#stopping.signal.aborted) return;
    const { kind, failures } = this.#options.onOutcome(outcome);
    this.#isDown = kind === 'down';
    this.#failures = failures;
    const isSuspect = failures > 0 && !this.#isDown && outcome.kind === 'failed';
    this.#wakeAt(isSuspect ? this.#due + this.#suspectMs : this.#nextBeat());
  }
}

/** Monotonic, whole milliseconds. */
function clock(): number {
  return Math.floor(performance.now());
}
