import { openAccess } from './access.ts';
import { startApi } from './api.ts';
import { loadConfig } from './config.ts';
import { superviseDns } from './dns/supervise.ts';
import { checkDnsSettings } from './dns-tools/check-settings.ts';
import { createInstallation } from './installation.ts';
import { untilStopped } from './shutdown.ts';
import { startWorker } from './worker.ts';

/**
 * Everything with one command: DNS in a process of its own, API and worker in this one. None of them waits for Temporal:
 * DNS answers from its last-good copy, the API says what is missing, the worker tries until it gets through.
 */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const config = loadConfig(configPath);
  await checkDnsSettings(config);
  const access = await openAccess(config);
  const installation = createInstallation('serve', config);
  // First, since it alone can fail for good: its port may be taken.
  const api = await startApi(installation, access);
  const dns = superviseDns(config, installation.log);
  const worker = startWorker(installation);
  await untilStopped(installation.log, async () => {
    await api.close();
    await worker.stop();
    await dns.stop();
  });
}
