import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { openSession } from '../session.ts';
import { nameArgument, steer } from '../steering.ts';

export function addAbort(program: Command): void {
  program
    .command('abort')
    .summary('take traffic back to the last completed generation')
    .description('Ends a rollout and takes traffic back to the generation that was completed last.')
    .addArgument(nameArgument())
    .requiredOption('--reason <text>', 'why; whoever looks tomorrow wants to know')
    .addHelpText('after', examples(['Take it back', 'sluice abort shop --reason "checkout fails for some users"']))
    .action(async (name: string, input: { readonly reason: string }, command: Command) => {
      await steer(openSession(command), { verb: 'abort', name, input });
    });
}
