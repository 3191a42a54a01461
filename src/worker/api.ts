import { checkListen, loadAuth } from '../api/auth/auth.ts';
import { createApi } from '../api/server.ts';
import { createTemporalClient } from '../client/temporal-client.ts';
import { parseAddress } from '../lib/address.ts';
import { loadConfig } from './config.ts';
import { createInstallation, type Installation } from './installation.ts';
import { readiness } from './readiness.ts';
import { untilStopped } from './shutdown.ts';
import { VERSION } from './version.ts';

/** The HTTP API role alone. */
export async function run({ configPath }: { readonly configPath: string }): Promise<void> {
  const installation = createInstallation('api', loadConfig(configPath));
  const api = await startApi(installation);
  await untilStopped(installation.log, async () => {
    await api.close();
    await installation.close();
  });
}

/** Starts the HTTP API. It serves from the first moment on, whatever else is not there yet; /readyz says what. */
export async function startApi(installation: Installation): Promise<{ close(): Promise<void> }> {
  const { config, environment, log, metrics, temporal } = installation;
  const auth = loadAuth(config.api.tokensFile);
  checkListen(config.api.listen, auth);
  const client = createTemporalClient(temporal, environment);
  const api = createApi({
    client,
    readiness: () => readiness(installation, client),
    metrics,
    auth,
    log,
    version: VERSION,
  });
  const { host, port } = parseAddress(config.api.listen) ?? { host: '127.0.0.1', port: 8080 };
  await api.listen({ host, port });
  log.info({ listen: config.api.listen }, 'http api listens');
  return api;
}
