import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the next steps are typed with and a bare machine may lack. */
const COMMANDS = ['dig', 'curl'] as const;

export type Command = (typeof COMMANDS)[number];

/** Those that no folder of `path`, the value of PATH, has. */
export function missingCommands(path: string): readonly Command[] {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return COMMANDS.filter((command) => !folders.some((folder) => isExecutable(join(folder, command))));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not to be run
  }
}
