import { setTimeout as delay } from 'node:timers/promises';
import { crowdNames, gather } from './at-once.ts';
import { apply, type Bench } from './drive.ts';
import { latency, line, ms, p99, verdict } from './figures.ts';
import { linesOf, promotions } from './latencies.ts';
import { otherSide } from './places.ts';
import { type Memory, memoryOf } from './usage.ts';

const MOST_MEGABYTES = 600;
/** How much slower a promotion may be, by p99. */
const MOST_TIMES = 4;
/** Idle is who has been so for a minute: garbage is collected then. */
const IDLE_MS = 60_000;
/** In which rollouts come to differ in how far they are. */
const SETTLE_MS = 20_000;
/** A rollout takes longer than this, so nobody asks before. */
const LEAST_ROLLOUT_MS = 25_000;
const LOOK_MS = 3_000;

/** Rollouts that go on for as long as the bench wants. */
export class Rolling {
  readonly names: readonly string[];
  readonly #stopping = new AbortController();
  readonly #all: Promise<unknown>;

  constructor(bench: Bench, names: readonly string[]) {
    this.names = names;
    this.#all = Promise.all(names.map((name, index) => this.#roll(bench, name, index)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#all;
  }

  async #roll(bench: Bench, name: string, index: number): Promise<void> {
    const { signal } = this.#stopping;
    // Not all at the same step.
    await this.#pause(index * 100);
    while (!signal.aborted) {
      const side = otherSide(bench.crowd.get(name) ?? 'east');
      try {
        await apply(bench, name, side, 'steady');
        bench.crowd.set(name, side);
        await this.#pause(LEAST_ROLLOUT_MS);
        while (!signal.aborted && !(await isReady(bench, name))) await this.#pause(LOOK_MS);
      } catch {
        // The worker is away: that is what is measured.
        await this.#pause(LOOK_MS);
      }
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

async function isReady({ installation }: Bench, name: string): Promise<boolean> {
  return (await installation.http.get('default', name)).value.state === 'Ready';
}

/** Many that are idle, then some that roll out, and one that is promoted meanwhile; then `after`, while they still roll out. */
export async function playLoad(bench: Bench, after: (rolling: Rolling) => Promise<void>): Promise<void> {
  const idle = await playIdle(bench);
  const rolling = new Rolling(bench, crowdNames(bench.options.rolling));
  try {
    await playRolling(bench, idle);
    await after(rolling);
  } finally {
    await rolling.stop();
  }
}

/** Returns what promotions took before the crowd was there, milliseconds. */
async function playIdle(bench: Bench): Promise<readonly number[]> {
  const { installation, options, print } = bench;
  const idle =
    bench.idle.promote ??
    (await promotions(bench, 'promote', Math.ceil(options.samples / 2))).map(({ sentToFirst }) => sentToFirst);
  const before = memoryOf(installation.worker);
  const startedAt = performance.now();
  await gather(bench, options.count);
  const gatheredMs = performance.now() - startedAt;
  await delay(IDLE_MS);
  print(`${options.count} idle FederatedIngresses`);
  print(line('submitted until all are Ready', ms(gatheredMs)));
  print(line('memory of the worker before', describe(before)));
  print(line('memory of the worker with them', withBar(memoryOf(installation.worker))));
  return idle;
}

async function playRolling(bench: Bench, idle: readonly number[]): Promise<void> {
  const { installation, options, print } = bench;
  await delay(SETTLE_MS);
  const samples = await promotions(bench, 'loaded', Math.ceil(options.samples / 2));
  print(`the same, ${options.rolling} of them roll out; one more is promoted`);
  for (const each of linesOf(samples, {})) print(each);
  const loaded = p99(samples.map(({ sentToFirst }) => sentToFirst));
  const times = loaded / p99(idle);
  print(latency('idle, to compare: sent to first', idle));
  print(
    line(
      'p99 against idle',
      `${times.toFixed(1)} times   ${verdict(times <= MOST_TIMES, `at most ${MOST_TIMES} times`)}`,
    ),
  );
  print(line('memory of the worker', withBar(memoryOf(installation.worker))));
}

export function withBar(memory: Memory): string {
  const isMet = memory.residentMegabytes <= MOST_MEGABYTES;
  return `${describe(memory)}   ${verdict(isMet, `at most ${MOST_MEGABYTES} MB`)}`;
}

function describe({ residentMegabytes, peakMegabytes }: Memory): string {
  return `${residentMegabytes.toFixed(0)} MB resident, ${peakMegabytes.toFixed(0)} MB at the most`;
}
