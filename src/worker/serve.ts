import { startApi } from './api.ts';
import { loadConfig } from './config.ts';
import { superviseDns } from './dns-child.ts';
import { createInstallation } from './installation.ts';
import { untilStopped } from './shutdown.ts';
import { startWorker } from './worker.ts';

/**
 * Everything with one command: DNS in a process of its own, then API and worker in this one. DNS comes first and needs
 * nobody: it answers from its last-good copy while Temporal is still out of reach.
 */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const config = loadConfig(configPath);
  const installation = createInstallation('serve', config);
  const dns = superviseDns(config, installation.log);
  const worker = startWorker(installation);
  const api = await startApi(installation);
  await untilStopped(installation.log, async () => {
    await api.close();
    await worker.stop();
    await dns.stop();
    await installation.close();
  });
}
