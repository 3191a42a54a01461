import { Argument, type Command } from 'commander';
import { parseName } from '../arguments.ts';
import { examples } from '../examples.ts';
import { isDocumentFormat, objectName, printDocument, printLines, warnIfStale } from '../output.ts';
import { openSession, type Session } from '../session.ts';
import { detailView } from '../view/detail-view.ts';
import { printList } from './list.ts';

export function addGet(program: Command): void {
  program
    .command('get')
    .summary('show one FederatedIngress in full, or list them')
    .description('Shows one FederatedIngress: backends, steps, conditions, history. Without a name it lists them.')
    .addArgument(new Argument('[name]', 'which one').argParser(parseName))
    .option('-A, --all-namespaces', 'without a name: of all namespaces')
    .addHelpText(
      'after',
      examples(
        ['Everything about one', 'sluice get shop'],
        ['Addresses, identities and the whole history too', 'sluice get shop -o wide'],
        ['The shares in force, for a script', `sluice get shop -o json | jq '.backends[] | {name, shareInForce}'`],
      ),
    )
    .action(async (name: string | undefined, options: { readonly allNamespaces?: boolean }, command: Command) => {
      const session = openSession(command);
      if (name === undefined) return printList(session, options.allNamespaces === true);
      if (options.allNamespaces) command.error('error: --all-namespaces goes without a name');
      return printDetail(session, name);
    });
}

async function printDetail(session: Session, name: string): Promise<void> {
  const reading = await session.client.get(session.namespace, name);
  if (isDocumentFormat(session.output)) {
    warnIfStale(reading);
    return printDocument(reading.value, session.output);
  }
  if (session.output === 'name') {
    process.stdout.write(`${objectName(name)}\n`);
    return;
  }
  const options = { wide: session.output === 'wide', width: session.rendering.width };
  printLines(detailView(reading, new Date(), options), session.rendering);
}
