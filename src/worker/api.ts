import type { DnsService } from '../api/dns/service.ts';
import { createApi } from '../api/server.ts';
import { createTemporalClient } from '../client/temporal-client.ts';
import { explainDns } from '../planes/dns/explain-dns.ts';
import { openChallenges } from '../planes/store/challenges.ts';
import { type ApiAccess, openAccess } from './access.ts';
import { ConfigError, loadConfig } from './config.ts';
import { createInstallation, type Installation } from './installation.ts';
import { readiness } from './readiness.ts';
import { untilStopped } from './shutdown.ts';
import { challengeDirectory } from './state.ts';
import { VERSION } from './version.ts';

/** The HTTP API role alone. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const config = loadConfig(configPath);
  const access = await openAccess(config);
  const installation = createInstallation('api', config);
  const api = await startApi(installation, access);
  await untilStopped(installation.log, async () => {
    await api.close();
    await installation.close();
  });
}

/**
 * Starts the HTTP API. It serves from the first moment on, whatever else is not there yet; /readyz says what. Throws
 * ConfigError when the address cannot be had.
 */
export async function startApi(
  installation: Installation,
  { auth, listen, warnings }: ApiAccess,
): Promise<{ close(): Promise<void> }> {
  const { environment, log, metrics, temporal } = installation;
  for (const warning of warnings) log.warn(warning);
  const client = createTemporalClient(temporal, environment);
  const api = createApi({
    client,
    dns: dnsService(installation),
    readiness: () => readiness(installation, client),
    metrics,
    auth,
    log,
    version: VERSION,
  });
  try {
    await api.listen(listen);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the HTTP API cannot listen on ${installation.config.api.listen}: ${detail}; set api.listen`);
  }
  return { close: () => api.close() };
}

function dnsService({ config, store }: Installation): DnsService {
  return {
    explain: (question, signal) => explainDns(config.dns.listen, question, signal),
    isClaimed: async (host) => (await store.get(host)) !== undefined,
    challenges: openChallenges(challengeDirectory(config)),
  };
}
