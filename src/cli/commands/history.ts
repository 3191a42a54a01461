import type { Command } from 'commander';
import type { HistoryEntry } from '../../workflows/status.ts';
import { examples } from '../examples.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { objectName, printDocument, printLines, warnIfStale } from '../output.ts';
import { type ExportSession, openExportSession } from '../session.ts';
import { nameArgument } from '../steering.ts';
import { historyLine, historyView } from '../view/history-view.ts';

export function addHistory(program: Command): void {
  program
    .command('history')
    .summary('who did what, when and why')
    .description(
      'Shows what was done to one FederatedIngress and what Sluice decided by itself, oldest first: when, who and by which ' +
        'door, what changed, why. With -o jsonl one JSON document a line, to be kept elsewhere.',
    )
    .addArgument(nameArgument())
    .option('--follow', 'go on with what happens from now on, until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        ['The audit of one hostname', 'sluice history shop'],
        ['Who aborted it, and why', `sluice history shop -o jsonl | jq 'select(.action == "Aborted")'`],
        ['Keep all of it', 'sluice history shop -o jsonl --follow >> shop-audit.jsonl'],
      ),
    )
    .action(async (name: string, options: { readonly follow?: boolean }, command: Command) => {
      const session = openExportSession(command);
      if (options.follow !== true) return printHistory(session, name);
      const { output } = session;
      if (output === 'json' || output === 'yaml') command.error('error: --follow has no end; use -o jsonl with it');
      return followHistory(session, name);
    });
}

async function printHistory(session: ExportSession, name: string): Promise<void> {
  const reading = await session.client.history(session.namespace, name);
  warnIfStale(reading);
  const items = reading.value;
  const { output } = session;
  if (output === 'json' || output === 'yaml') return printDocument({ items }, output);
  if (output === 'jsonl') return printJsonLines(items);
  if (output === 'name') process.stdout.write(`${objectName(name)}\n`);
  else printLines(historyView(items, output === 'wide'), session.rendering);
}

async function followHistory(session: ExportSession, name: string): Promise<void> {
  let last: number | undefined;
  const end = await follow({ client: session.client, namespace: session.namespace }, name, {
    visit: ({ value: { history } }) => {
      const seen = last;
      const news = seen === undefined ? history : history.filter(({ number }) => number > seen);
      printNews(session, news, seen === undefined);
      last = history.at(-1)?.number ?? seen ?? 0;
      return undefined;
    },
  });
  if (end.kind === 'gone') throw new CliError(EXIT.notFound, `${objectName(name)} was deleted`);
}

function printNews(session: ExportSession, entries: readonly HistoryEntry[], isFirst: boolean): void {
  const { output, rendering } = session;
  if (output === 'jsonl') printJsonLines(entries);
  else if (isFirst) printLines(historyView(entries, output === 'wide'), rendering);
  else
    printLines(
      entries.map((entry) => historyLine(entry, output === 'wide')),
      rendering,
    );
}

function printJsonLines(entries: readonly HistoryEntry[]): void {
  process.stdout.write(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}
