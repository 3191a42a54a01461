/**
 * The DNS server as a process of its own: `node main.ts '<settings as JSON>'`. `serve` starts it so that no other work
 * delays an answer.
 */
import { createLog } from '../../lib/log.ts';
import { readConfig } from '../config.ts';
import { runDns } from './run-dns.ts';

const config = readConfig(process.argv[2] ?? '{}');
const log = createLog({ level: config.log.level, name: 'dns', pretty: config.log.pretty });

try {
  await runDns({ config, log, supervised: true });
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'dns server cannot run');
  process.exitCode = 1;
}
