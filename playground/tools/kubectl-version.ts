import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const VERSION_TIMEOUT_MS = 10_000;

/** Why this kubectl will not do beside an API server of `wanted` (`1.36.3`), if so: its minor version has to be the same. */
export async function unfitKubectl(file: string, wanted: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['version', '--client', '--output=json'], {
      timeout: VERSION_TIMEOUT_MS,
    });
    return unfitVersion(stdout, wanted);
  } catch {
    return 'does not tell its version';
  }
}

/** The same for what `kubectl version --client --output=json` prints. */
export function unfitVersion(printed: string, wanted: string): string | undefined {
  const found = /"gitVersion":\s*"v(\d+\.\d+)[^"]*"/.exec(printed)?.[1];
  if (found === undefined) return 'does not tell its version';
  const minor = /^\d+\.\d+/.exec(wanted)?.[0];
  return found === minor ? undefined : `is of version ${found}, not ${minor}`;
}
