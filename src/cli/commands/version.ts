import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { VERSION } from '../version.ts';

export function addVersion(program: Command): void {
  program
    .command('version')
    .summary('print the version')
    .description('Prints the version of Sluice and of the Node it runs on.')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', examples(['For a bug report', 'sluice version']))
    .action(() => {
      process.stdout.write(`sluice ${VERSION} (node ${process.versions.node})\n`);
    });
}
