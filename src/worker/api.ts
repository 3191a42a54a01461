import type { Auth } from '../api/auth/auth.ts';
import { checkListen, type Listen, openAuth } from '../api/auth/listen.ts';
import { readTokensFile } from '../api/auth/tokens-file.ts';
import { createApi } from '../api/server.ts';
import { createTemporalClient } from '../client/temporal-client.ts';
import { parseAddress } from '../lib/address.ts';
import type { Logger } from '../lib/log.ts';
import { ConfigError, loadConfig } from './config.ts';
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

/**
 * Starts the HTTP API. It serves from the first moment on, whatever else is not there yet; /readyz says what. Throws
 * ConfigError when it would let strangers in.
 */
export async function startApi(installation: Installation): Promise<{ close(): Promise<void> }> {
  const { config, environment, log, metrics, temporal } = installation;
  const listen = parseAddress(config.api.listen);
  if (!listen) throw new ConfigError(`api.listen: found "${config.api.listen}"; allowed: an IP address and a port`);
  const auth = await openAccess(installation, listen);
  const client = createTemporalClient(temporal, environment);
  const api = createApi({
    client,
    readiness: () => readiness(installation, client),
    metrics,
    auth,
    log,
    version: VERSION,
  });
  await api.listen(listen);
  log.info({ listen: config.api.listen }, 'http api listens');
  return { close: () => api.close() };
}

async function openAccess({ config, log }: Installation, listen: Listen): Promise<Auth> {
  const auth = config.api.tokensFile === undefined ? openAuth(listen) : await readTokens(config.api.tokensFile, log);
  const refusal = checkListen(listen, auth);
  if (refusal !== undefined)
    throw new ConfigError(`${refusal}\nThe settings for both are api.listen and api.tokensFile.`);
  return auth;
}

async function readTokens(path: string, log: Logger): Promise<Auth> {
  const { auth, warnings } = await readTokensFile(path);
  for (const warning of warnings) log.warn({ path }, warning);
  return auth;
}
