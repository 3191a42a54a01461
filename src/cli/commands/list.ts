import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { isDocumentFormat, objectName, printDocument, printLines, warnIfStale } from '../output.ts';
import { openSession, type Session } from '../session.ts';
import { listView } from '../view/list-view.ts';

export function addList(program: Command): void {
  program
    .command('list')
    .alias('ls')
    .summary('list FederatedIngresses')
    .description('Lists FederatedIngresses: strategy, step, shares in force, readiness.')
    .option('-A, --all-namespaces', 'those of all namespaces')
    .addHelpText(
      'after',
      examples(
        ['Of the namespace "default"', 'sluice list'],
        ['Everywhere, with state and message', 'sluice list -A -o wide'],
        ['For a script', 'sluice list -o name'],
      ),
    )
    .action(async (options: { readonly allNamespaces?: boolean }, command: Command) => {
      await printList(openSession(command), options.allNamespaces === true);
    });
}

/** Prints all FederatedIngresses of the session's namespace, or of all. */
export async function printList(session: Session, allNamespaces: boolean): Promise<void> {
  const namespace = allNamespaces ? undefined : session.namespace;
  const reading = await session.client.list(namespace);
  warnIfStale(reading);
  const statuses = reading.value;
  if (isDocumentFormat(session.output)) return printDocument({ items: statuses }, session.output);
  if (session.output === 'name') {
    for (const status of statuses) process.stdout.write(`${objectName(status.name)}\n`);
    return;
  }
  if (statuses.length === 0) {
    const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`;
    process.stderr.write(`No FederatedIngresses ${where}.\n`);
    return;
  }
  printLines(listView(statuses, new Date(), session.output === 'wide'), session.rendering);
}
