import { standardProgress } from '../../../playground/progress.ts';
import { stopOnSignal } from '../../../playground/stop-on-signal.ts';
import { benchIngresses } from './documents.ts';
import { Closers, startInstallation } from './installation.ts';
import { machine } from './meter.ts';
import { type BenchOptions, HELP, readOptions } from './options.ts';
import { playAll } from './scenarios.ts';

/**
 * `npm run bench:kubernetes`: many FederatedIngresses over three clusters, on real API servers and a real Temporal server.
 * docs/benchmarks.md says what the figures mean.
 */
async function bench(options: BenchOptions): Promise<void> {
  const progress = standardProgress();
  const closers = new Closers();
  const stop = stopOnSignal(() => closers.close());
  try {
    const installation = await startInstallation(options, { closers, progress });
    progress.close();
    console.log(`\n${new Date().toISOString()}, ${machine()}, Node ${process.version}`);
    await playAll({
      options,
      installation,
      ingresses: benchIngresses(options.count, options.healthSeconds),
      print: (line) => console.log(line),
      show: (line) => console.error(`  ... ${line}`),
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

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
