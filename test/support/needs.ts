import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where a user's PATH does not lead. */
const SERVER_DIRECTORIES = ['/usr/sbin', '/usr/local/sbin'];
const missing = new Set<string>();

/**
 * Whether a program that tests hold ours against is installed. Says so, once, when it is not, since they are skipped then:
 * `describe.skipIf(!needs('knotd', 'knot'))`.
 */
export function needs(program: string, debianPackage: string): boolean {
  if (programPath(program) !== undefined) return true;
  if (!missing.has(program)) {
    missing.add(program);
    console.warn(`${program} is not installed: tests with it are skipped (apt-get install ${debianPackage})`);
  }
  return false;
}

/** Where a program is; undefined when it is not installed. */
export function programPath(program: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_DIRECTORIES];
  return directories.map((directory) => join(directory, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
