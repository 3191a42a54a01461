import { openAccess } from './access.ts';
import { startApi } from './api.ts';
import { loadConfig } from './config.ts';
import { superviseDns } from './dns/supervise.ts';
import { checkDnsSettings } from './dns-tools/check-settings.ts';
import { startHub } from './hub.ts';
import { openHubVoice } from './hub-voice.ts';
import { createInstallation } from './installation.ts';
import { untilStopped } from './shutdown.ts';
import { startWorker } from './worker.ts';

/**
 * Everything with one command: DNS in a process of its own, API, worker and, where there is one, the hub's role in this one. None of them waits for Temporal:
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
  const voice = openHubVoice(installation);
  const worker = startWorker(installation, voice);
  const hub = startHub(installation, voice);
  await untilStopped(installation.log, async () => {
    await api.close();
    await hub.stop();
    await worker.stop();
    await voice?.close();
    await dns.stop();
    await installation.close();
  });
}
