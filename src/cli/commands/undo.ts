import type { Command } from 'commander';
import { parseGeneration } from '../arguments.ts';
import { examples } from '../examples.ts';
import { openSession } from '../session.ts';
import { nameArgument, REASON_FLAG, REASON_HELP, steer } from '../steering.ts';

interface UndoOptions {
  readonly toGeneration?: number;
  readonly reason?: string;
}

export function addUndo(program: Command): void {
  program
    .command('undo')
    .summary('go back to an earlier generation')
    .description(
      'Makes the document of an earlier generation the newest one: that which completed last before the newest, or one of ' +
        'the last ten that `sluice get NAME` lists. One that completed within `rollbackWindow` is gone back to without its ' +
        'steps, others by the strategy.',
    )
    .addArgument(nameArgument())
    .option('--to-generation <number>', 'which one, as `sluice get` lists them', parseGeneration)
    .option(REASON_FLAG, REASON_HELP)
    .addHelpText(
      'after',
      examples(
        ['Back to what was there before', 'sluice undo shop --reason "checkout fails for some users"'],
        ['To a certain one', 'sluice undo shop --to-generation 3'],
      ),
    )
    .action(async (name: string, input: UndoOptions, command: Command) => {
      await steer(openSession(command), { verb: 'undo', name, input });
    });
}
