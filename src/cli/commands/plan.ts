import type { Command } from 'commander';
import type { Plan } from '../../plan/types.ts';
import { readPlaced } from '../documents.ts';
import { examples } from '../examples.ts';
import { printPreviews } from '../preview.ts';
import { openSession } from '../session.ts';

export function addPlan(program: Command): void {
  program
    .command('plan')
    .summary('show what applying a file would do')
    .description(
      'Prints the plan that applying a YAML or JSON file would walk from what is in force now: what changes, the objects in ' +
        'each cluster, the shares of each step, what is waited for, the earliest and the latest end. Changes nothing.',
    )
    .requiredOption('-f, --file <file>', 'file to read, - for standard input')
    .addHelpText(
      'after',
      examples(
        ['Objects, steps, shares, and when it ends', 'sluice plan -f shop.yaml'],
        ['How long it takes at least, for a script', 'sluice plan -f shop.yaml -o json | jq .plan.earliestSeconds'],
        ['What if a cluster fails meanwhile', 'sluice simulate -f shop.yaml --fail cluster=west@step3'],
      ),
    )
    .action(async ({ file }: { readonly file: string }, command: Command) => {
      const session = openSession(command);
      const documents = await readPlaced(file, session.namespaceFlag);
      await printPreviews(session, documents, ({ plan, outcome }) =>
        outcome === 'queued' ? '' : `${timesOfDay(plan, new Date())}\n`,
      );
    });
}

/** When it would end, on the clock of people. */
export function timesOfDay({ earliestSeconds, latestSeconds }: Plan, now: Date): string {
  const after = (seconds: number): string => {
    return new Date(now.getTime() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  };
  const latest = latestSeconds === null ? '' : `, at ${after(latestSeconds)} at the latest`;
  return `applied now, it ends at ${after(earliestSeconds)} at the earliest${latest}`;
}
