import { readFileSync } from 'node:fs';

/** proc(5): times are in clock ticks, which Linux shows to programs as 100 a second whatever the kernel uses. */
const MICROSECONDS_PER_TICK = 10_000;
const SAMPLE_MS = 100;

/** Adds up what processes use that come and go. One that ends takes what it used since the last look with it. */
export class CpuMeter {
  readonly #pids: () => readonly number[];
  readonly #first = new Map<number, number>();
  readonly #last = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;

  /** `pids`: all that have been part of it until now. */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
    this.#sample();
    // What runs already has used time before.
    for (const [pid, ticks] of this.#last) this.#first.set(pid, ticks);
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Microseconds since the beginning. */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    const ticks = [...this.#last].reduce((sum, [pid, used]) => sum + used - (this.#first.get(pid) ?? 0), 0);
    return ticks * MICROSECONDS_PER_TICK;
  }

  #sample(): void {
    for (const pid of this.#pids()) {
      const ticks = ticksOf(pid);
      if (ticks !== undefined) this.#last.set(pid, Math.max(ticks, this.#last.get(pid) ?? 0));
    }
  }
}

function ticksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces; fields 14 and 15 are user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return undefined; // it has ended
  }
}
