/** What `serve` does for its DNS server, and nothing else: `node supervisor.ts CONFIG`. */
import { createLog } from '../../../src/lib/log.ts';
import { loadConfig } from '../../../src/worker/config.ts';
import { superviseDns } from '../../../src/worker/dns/supervise.ts';

const config = loadConfig(process.argv[2] ?? 'sluice.yaml');
const supervised = superviseDns(config, createLog({ level: 'info', name: 'supervisor' }));
// The promise of a child's end alone would not be missed: something has to keep a process that only waits.
const alive = setInterval(() => undefined, 60_000);
process.once('SIGTERM', () => {
  clearInterval(alive);
  void supervised.stop();
});
