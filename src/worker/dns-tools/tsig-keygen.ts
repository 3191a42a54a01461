import { randomBytes } from 'node:crypto';
import { createFile, errorCode } from '../../lib/atomic-file.ts';
import { ConfigError } from '../config.ts';
import { dnsSchema } from '../dns-config.ts';
import { canonical } from './zones.ts';

/** As long as what HMAC-SHA256 gives (RFC 8945 section 10), octets. */
const SECRET_SIZE = 32;

export type TsigOutcome =
  | { readonly kind: 'created'; readonly text: string }
  | { readonly kind: 'exists'; readonly message: string };

/** Writes a new TSIG secret for its owner alone, and says how to use it; never over a file. Throws ConfigError. */
export async function tsigKeygen(name: string, out: string): Promise<TsigOutcome> {
  const key = { name: canonical(name), secretFile: out };
  const checked = dnsSchema.shape.keys.safeParse([key]);
  if (!checked.success) {
    throw new ConfigError(`found ${JSON.stringify(name)}; ${checked.error.issues[0]?.message ?? 'not a name'}`);
  }
  const secret = `${randomBytes(SECRET_SIZE).toString('base64')}\n`;
  const written = await createFile(out, secret).catch((error: unknown) => {
    throw new ConfigError(`cannot write ${out}: ${WRITE_FAILURES[errorCode(error) ?? ''] ?? String(error)}`);
  });
  if (written === 'exists') {
    return { kind: 'exists', message: `${out} is there already and may be in use; name another file, or remove it` };
  }
  const lines = [
    `${out}: a secret of ${SECRET_SIZE} octets in base64, for hmac-sha256, readable by its owner alone`,
    '',
    'Name it in sluice.yaml, and give the secondary the same name, algorithm and secret:',
    'dns:',
    '  keys:',
    `    - { name: ${key.name}, secretFile: ${JSON.stringify(out)} }`,
    'zones:',
    `  - { name: example.test, secondaries: [{ address: "192.0.2.53:53", key: ${key.name} }] }`,
  ];
  return { kind: 'created', text: `${lines.join('\n')}\n` };
}

/** What Node says names a temporary file. */
const WRITE_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there; make it first',
  ENOTDIR: 'its folder is a file',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
};
