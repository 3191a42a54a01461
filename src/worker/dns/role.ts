import { createLog } from '../../lib/log.ts';
import { loadConfig } from '../config.ts';
import { checkDnsSettings } from '../dns-tools/check-settings.ts';
import { runDns } from './run-dns.ts';

/** The DNS role alone. Any number of them may run, each on addresses or machines of its own. */
export async function run({
  configPath,
  workers,
}: {
  readonly configPath: string;
  readonly workers?: number;
}): Promise<void> {
  const config = loadConfig(configPath);
  await checkDnsSettings(config);
  const log = createLog({ level: config.log.level, name: 'dns', pretty: config.log.pretty });
  const dns = workers === undefined ? config.dns : { ...config.dns, workers };
  await runDns({ config: { ...config, dns }, log, supervised: false });
}
