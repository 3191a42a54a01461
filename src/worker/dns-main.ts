/**
 * The DNS server as a process of its own: `node dns-main.ts '{"zones":[...],"listen":[...],...}'`. `serve` starts it so
 * that no other work delays an answer.
 */
import { z } from 'zod';
import { createLog } from '../lib/log.ts';
import { runDns } from './dns.ts';

const schema = z.object({
  zones: z.array(z.string()).min(1),
  listen: z.array(z.string()).min(1),
  stateDirectory: z.string().min(1),
  storeDirectory: z.string().min(1),
  supervised: z.boolean().default(false),
  metricsListen: z.string().exactOptional(),
  log: z
    .object({ level: z.enum(['debug', 'info', 'warn', 'error']), pretty: z.boolean() })
    .default({ level: 'info', pretty: false }),
});

const { log: settings, ...options } = schema.parse(JSON.parse(process.argv[2] ?? '{}'));
const log = createLog({ ...settings, name: 'dns' });

try {
  await (await runDns({ ...options, log })).stopped;
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'dns server cannot run');
  process.exitCode = 1;
}
