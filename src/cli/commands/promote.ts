import type { Command } from 'commander';
import { parseStep } from '../arguments.ts';
import { examples } from '../examples.ts';
import { openSession } from '../session.ts';
import { nameArgument, REASON_FLAG, REASON_HELP, steer } from '../steering.ts';

interface PromoteOptions {
  readonly step?: number;
  readonly full?: boolean;
  readonly reason?: string;
}

export function addPromote(program: Command): void {
  program
    .command('promote')
    .summary('end a pause, or skip to the end')
    .description('Ends the pause that a rollout waits in. With --full it skips all pauses and weights that are left.')
    .addArgument(nameArgument())
    .option('--step <number>', 'only if the rollout is at this step, as `sluice get` numbers them', parseStep)
    .option('--full', 'skip everything that is left and go to the end')
    .option(REASON_FLAG, REASON_HELP)
    .addHelpText(
      'after',
      examples(
        ['Go on to the next step', 'sluice promote shop'],
        ['Only if it still is at step 4, so that no later pause is ended by mistake', 'sluice promote shop --step 4'],
        ['Straight to the end', 'sluice promote shop --full --reason "hotfix, checked by hand"'],
      ),
    )
    .action(async (name: string, input: PromoteOptions, command: Command) => {
      await steer(openSession(command), { verb: 'promote', name, input });
    });
}
