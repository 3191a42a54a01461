import { standardProgress } from '../../../playground/progress.ts';
import { stopOnSignal } from '../../../playground/stop-on-signal.ts';
import { Closers } from '../kubernetes/installation.ts';
import { machine } from '../kubernetes/meter.ts';
import { playAtOnce } from './at-once.ts';
import type { Bench } from './drive.ts';
import { playHistory } from './histories.ts';
import { startInstallation } from './installation.ts';
import { playAbort, playBeside, playFloor, playPromote } from './latencies.ts';
import { playLoad } from './load.ts';
import { type BenchOptions, HELP, PARTS, type Part, readOptions } from './options.ts';
import { playRestart } from './restart.ts';

/**
 * `npm run bench:rollout`: how soon clients of DNS see what people tell a rollout, and what many of them cost, on real API
 * servers and a real Temporal server. docs/benchmarks.md says what the figures mean.
 */
async function bench(options: BenchOptions): Promise<void> {
  const progress = standardProgress();
  const closers = new Closers();
  const stop = stopOnSignal(() => closers.close());
  try {
    const installation = await startInstallation(options, { closers, progress });
    progress.close();
    console.log(
      `\n${new Date().toISOString()}, ${machine()}, Node ${process.version}, Temporal's database: ${options.database}`,
    );
    await play({
      options,
      installation,
      print: (line) => console.log(line),
      show: (line) => console.error(`  ... ${line}`),
      idle: {},
      crowd: new Map(),
    });
  } catch (error) {
    if (stop.requested) return;
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  } finally {
    progress.close();
    if (!stop.requested) await closers.close();
  }
}

const PLAYS: Readonly<Record<Exclude<Part, 'load' | 'restart'>, (bench: Bench) => Promise<void>>> = {
  floor: playFloor,
  promote: playPromote,
  abort: playAbort,
  beside: playBeside,
  history: playHistory,
  'at-once': playAtOnce,
};

/** In the order of the list of parts, whatever the order in which they were asked for. */
async function play(running: Bench): Promise<void> {
  const { parts } = running.options;
  for (const part of PARTS) {
    if (!parts.includes(part) || part === 'restart') continue;
    if (part !== 'load') await PLAYS[part](running);
    else
      await playLoad(running, async (rolling) => {
        if (parts.includes('restart')) await playRestart(running, rolling);
      });
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
