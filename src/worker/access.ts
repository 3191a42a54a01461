import type { Auth } from '../api/auth/auth.ts';
import { checkListen, type Listen, openAuth } from '../api/auth/listen.ts';
import { readTokensFile } from '../api/auth/tokens-file.ts';
import { parseAddress } from '../lib/address.ts';
import { type Config, ConfigError } from './config.ts';

/** Where the HTTP API listens and whom it lets in. */
export interface ApiAccess {
  readonly listen: Listen;
  readonly auth: Auth;
  /** What an operator should know of the tokens file. */
  readonly warnings: readonly string[];
}

/** Reads who may use the API. Throws ConfigError when it would let strangers in. */
export async function openAccess({ api }: Config): Promise<ApiAccess> {
  const listen = parseAddress(api.listen);
  if (!listen) throw new ConfigError(`api.listen: found "${api.listen}"; allowed: an IP address and a port`);
  const { auth, warnings } =
    api.tokensFile === undefined ? { auth: openAuth(listen), warnings: [] } : await readTokensFile(api.tokensFile);
  const refusal = checkListen(listen, auth);
  if (refusal === undefined) return { listen, auth, warnings };
  throw new ConfigError(`${refusal}\nThe settings for both are api.listen and api.tokensFile.`);
}
