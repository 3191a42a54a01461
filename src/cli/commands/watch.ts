import { Argument, type Command } from 'commander';
import type { Reading } from '../../client/client.ts';
import type { Status } from '../../workflows/status.ts';
import { parseName, parseSeconds } from '../arguments.ts';
import { examples } from '../examples.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { type FollowEnd, follow } from '../follow.ts';
import { isDocumentFormat, objectName } from '../output.ts';
import { Screen } from '../screen.ts';
import { openSession, type Session } from '../session.ts';
import { judgeRollout, type Verdict } from '../verdict.ts';
import { watchScreen } from '../view/watch-view.ts';
import { changePrinter, documentPrinter, requireCompleted } from '../wait.ts';

interface WatchOptions {
  readonly untilDone?: boolean;
  readonly timeout?: number;
}

export function addWatch(program: Command): void {
  program
    .command('watch')
    .summary('follow a rollout live')
    .description(
      'Follows one FederatedIngress. On a terminal it redraws one screen: shares wanted and in force, readiness, the step, ' +
        'the time left and what is waited for. Elsewhere it prints a line for each change.',
    )
    .addArgument(new Argument('<name>', 'which one').argParser(parseName))
    .option('--until-done', 'end with the rollout: exit code 0 if it completed, 6 if not')
    .option(
      '--timeout <duration>',
      'with --until-done: how long to wait, such as 10m (default: no limit)',
      parseSeconds,
    )
    .addHelpText(
      'after',
      examples(
        ['Until Ctrl-C', 'sluice watch shop'],
        ['Until the rollout is over', 'sluice watch shop --until-done --timeout 30m'],
        ['One JSON document a line for each change', 'sluice watch shop -o json'],
      ),
    )
    .action(async (name: string, options: WatchOptions, command: Command) => {
      if (options.timeout !== undefined && !options.untilDone) command.error('error: --timeout goes with --until-done');
      const session = openSession(command);
      const end = await watch(session, name, options);
      if (options.untilDone) requireCompleted(end, { name, timeoutSeconds: options.timeout });
      else if (end.kind === 'gone') throw new CliError(EXIT.notFound, `${objectName(name)} was deleted`);
    });
}

async function watch(session: Session, name: string, options: WatchOptions): Promise<FollowEnd<Verdict>> {
  const show = shower(session);
  try {
    return await follow(session, name, {
      timeoutSeconds: options.timeout,
      visit: (reading) => {
        show.show(reading);
        if (!options.untilDone) return undefined;
        const verdict = judgeRollout(reading.value, reading.value.generation);
        return verdict.kind === 'waiting' ? undefined : verdict;
      },
    });
  } finally {
    show.close();
  }
}

interface Shower {
  show(reading: Reading<Status>): void;
  close(): void;
}

/** A screen where there is one, else lines or documents. */
function shower(session: Session): Shower {
  if (isDocumentFormat(session.output)) return { show: documentPrinter(session.output), close: () => undefined };
  if (!process.stdout.isTTY) return { show: changePrinter(session), close: () => undefined };
  const screen = new Screen(process.stdout, session.rendering.color);
  return {
    show: (reading) => screen.show((now, size) => watchScreen(reading, now, size)),
    close: () => screen.close(),
  };
}
