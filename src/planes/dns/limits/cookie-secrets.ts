import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';

const SECRET_OCTETS = 16;
/** A cookie that is not ours costs a hash for each secret. A rotation needs two. */
const MAX_SECRETS = 4;

export function newCookieSecret(): Buffer {
  return randomBytes(SECRET_OCTETS);
}

/**
 * Reads the secrets that servers share to understand each other's cookies: one a line, 32 hexadecimal digits, the
 * first one signs. Empty lines and lines that begin with # are left out. Throws with what is wrong, never with a secret.
 */
export async function loadCookieSecrets(path: string): Promise<readonly Buffer[]> {
  await using file = await open(path, 'r');
  const { mode } = await file.stat();
  // Windows has no such bits; there the mode says nothing.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(
      `the cookie secrets ${path} have mode ${shown}: only their owner may reach them; run chmod 600 ${path}`,
    );
  }
  return parseSecrets(path, await file.readFile('utf8'));
}

function parseSecrets(path: string, content: string): readonly Buffer[] {
  const secrets: Buffer[] = [];
  for (const [index, line] of content.split('\n').entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    if (!/^[0-9a-fA-F]{32}$/.test(text)) {
      throw new Error(
        `line ${index + 1} of the cookie secrets ${path} has ${text.length} characters; allowed: 32 hexadecimal digits, such as openssl rand -hex 16 gives`,
      );
    }
    secrets.push(Buffer.from(text, 'hex'));
  }
  if (secrets.length < 1 || secrets.length > MAX_SECRETS) {
    throw new Error(`the cookie secrets ${path} have ${secrets.length} lines of secrets; allowed: 1 to ${MAX_SECRETS}`);
  }
  return secrets;
}
