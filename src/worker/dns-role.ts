import { join } from 'node:path';
import { createLog } from '../lib/log.ts';
import { type Config, loadConfig } from './config.ts';
import { type DnsOptions, runDns } from './dns.ts';
import { storeDirectory } from './installation.ts';

/** The DNS role alone. Any number of them may run, each on addresses or machines of its own. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const config = loadConfig(configPath);
  const log = createLog({ level: config.log.level, name: 'dns', pretty: config.log.pretty });
  const dns = await runDns({ ...dnsOptions(config), log });
  await dns.stopped;
}

/** What the DNS server needs of the configuration, as plain data. */
export function dnsOptions(config: Config): Omit<DnsOptions, 'log'> {
  return {
    zones: config.zones,
    ...config.dns,
    stateDirectory: join(config.stateDirectory, 'dns'),
    storeDirectory: storeDirectory(config),
  };
}
