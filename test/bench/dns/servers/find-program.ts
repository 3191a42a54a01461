import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Program } from './server.ts';

/** Where Debian puts servers; not on every user's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** Looks for a program that a Debian package has. */
export async function findProgram(name: string, debianPackage: string): Promise<Program> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((one) => one !== ''), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const command = join(folder, name);
    if (await isExecutable(command)) return { kind: 'found', command };
  }
  return { kind: 'missing', message: `there is no ${name}; Debian has it in the package ${debianPackage}` };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
