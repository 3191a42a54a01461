import type { Command } from 'commander';
import { ClientError } from '../../client/errors.ts';
import { parseSeconds } from '../arguments.ts';
import { examples } from '../examples.ts';
import { follow } from '../follow.ts';
import { isDocumentFormat, objectName } from '../output.ts';
import { openSession, type Session } from '../session.ts';
import { nameArgument, REASON_FLAG, REASON_HELP, steer } from '../steering.ts';
import { changePrinter, interrupted, timedOut } from '../wait.ts';

interface DeleteOptions {
  readonly wait?: boolean;
  readonly force?: boolean;
  readonly timeout?: number;
  readonly reason?: string;
}

export function addDelete(program: Command): void {
  program
    .command('delete')
    .summary('drain a hostname, then remove all that was made for it')
    .description(
      'Drains the hostname, and once no answer for it can be cached any more removes its leaves. A cluster that is away ' +
        'holds that up for as long as `deletion.orphanAfter` in the document says, or until it is said again with --force.',
    )
    .addArgument(nameArgument())
    .option('--wait', 'wait until it is gone')
    .option(
      '--force',
      'do not wait for clusters that are away: what is left there stays and is listed as orphans; the drain is not skipped',
    )
    .option('--timeout <duration>', 'how long --wait waits, such as 10m (default: no limit)', parseSeconds)
    .option(REASON_FLAG, REASON_HELP)
    .addHelpText(
      'after',
      examples(
        ['Delete and wait until it is gone', 'sluice delete shop --wait --timeout 10m'],
        ['A cluster is gone for good: leave behind what is in it', 'sluice delete shop --force'],
      ),
    )
    .action(async (name: string, options: DeleteOptions, command: Command) => {
      const { wait, timeout, reason, force } = options;
      if (timeout !== undefined && !wait) command.error('error: --timeout goes with --wait');
      const session = openSession(command);
      const input = { ...(reason === undefined ? {} : { reason }), ...(force ? { force } : {}) };
      await steer(session, { verb: 'delete', name, input });
      if (wait) await waitUntilGone(session, name, timeout);
    });
}

async function waitUntilGone(session: Session, name: string, timeoutSeconds: number | undefined): Promise<void> {
  const quiet = isDocumentFormat(session.output) || session.output === 'name';
  const print = quiet ? () => undefined : changePrinter(session);
  let lastMessage: string | undefined;
  const end = await follow(session, name, {
    timeoutSeconds,
    visit: (reading) => {
      print(reading);
      lastMessage = reading.value.message;
      return reading.value.state === 'Deleted' ? 'deleted' : undefined;
    },
  }).catch((error: unknown) => {
    // It was gone before the watch began.
    if (error instanceof ClientError && error.kind === 'notFound') return { kind: 'gone' } as const;
    throw error;
  });
  if (end.kind === 'timedOut') throw timedOut(objectName(name), { lastMessage, timeoutSeconds });
  if (end.kind === 'interrupted') throw interrupted(objectName(name));
  if (!quiet) process.stdout.write(`${objectName(name)} deleted\n`);
}
