import { type Bench, turn } from '../bench.ts';
import { treeUsage } from '../process-usage.ts';
import { slope } from '../statistics.ts';
import type { Asked } from './many-hosts.ts';

/** Resident memory of all processes of a server, mebibytes. */
export interface MemoryFigures {
  readonly minutes: number;
  readonly queries: number;
  /** After the warm-up. */
  readonly start: number;
  readonly end: number;
  readonly greatest: number;
  /** Of the straight line through all samples. */
  readonly perMinute: number;
}

const SAMPLE_MS = 1_000;
/** Heaps find their size, and code gets compiled. */
const WARM_UP_SECONDS = 30;

/** Names by chance at full load, and the memory that the server keeps meanwhile. */
export async function measureMemory(bench: Bench, { server, queries }: Asked): Promise<MemoryFigures> {
  const minutes = bench.options.memoryMinutes;
  return bench.progress.step(`memory under random subdomains for ${minutes} min`, async (say) => {
    say(`warm-up of ${WARM_UP_SECONDS} s`);
    await turn(server, { queries, seconds: WARM_UP_SECONDS, question: 'cookie' });
    const samples: { readonly x: number; readonly y: number }[] = [];
    const begun = performance.now();
    const sample = () => {
      const elapsed = (performance.now() - begun) / 60_000;
      samples.push({ x: elapsed, y: treeUsage(server.pid).residentMebibytes });
      say(`${elapsed.toFixed(1)} min, ${samples.at(-1)?.y.toFixed(0)} MiB`);
    };
    sample();
    const timer = setInterval(sample, SAMPLE_MS);
    const taken = await turn(server, { queries, seconds: minutes * 60, question: 'cookie' });
    clearInterval(timer);
    sample();
    const sizes = samples.map(({ y }) => y);
    return {
      minutes,
      queries: taken.completed,
      start: sizes[0] ?? Number.NaN,
      end: sizes.at(-1) ?? Number.NaN,
      greatest: Math.max(...sizes),
      perMinute: slope(samples),
    };
  });
}
