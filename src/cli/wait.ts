import { stringify } from 'yaml';
import type { Reading } from '../client/client.ts';
import { formatSeconds } from '../lib/duration.ts';
import type { Status } from '../workflows/status.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { type FollowEnd, follow } from './follow.ts';
import { isDocumentFormat, objectName, printLines } from './output.ts';
import type { Session } from './session.ts';
import type { Verdict } from './verdict.ts';
import { changeLine } from './view/watch-view.ts';

export interface WaitOptions {
  readonly judge: (status: Status) => Verdict;
  readonly timeoutSeconds?: number | undefined;
  /** From when the time counts, in Unix milliseconds; from now when absent. */
  readonly begun?: number | undefined;
}

/** Prints a line for each change until the rollout has completed; throws CliError when it will not, or not in time. */
export async function waitForRollout(session: Session, name: string, options: WaitOptions): Promise<void> {
  const { judge, timeoutSeconds, begun } = options;
  const quiet = isDocumentFormat(session.output) || session.output === 'name';
  const print = quiet ? () => undefined : changePrinter(session);
  let lastMessage: string | undefined;
  const end = await follow(session, name, {
    timeoutSeconds,
    begun,
    visit: (reading) => {
      print(reading);
      lastMessage = reading.value.message;
      const verdict = judge(reading.value);
      return verdict.kind === 'waiting' ? undefined : verdict;
    },
  });
  requireCompleted(end, { name, lastMessage, timeoutSeconds });
}

interface EndContext {
  readonly name: string;
  readonly timeoutSeconds?: number | undefined;
  /** What it waited for when the time was up. */
  readonly lastMessage?: string | undefined;
}

/** Throws the CliError that an end without success stands for. */
export function requireCompleted(end: FollowEnd<Verdict>, context: EndContext): void {
  const object = objectName(context.name);
  if (end.kind === 'interrupted') throw interrupted(object);
  if (end.kind === 'gone') throw new CliError(EXIT.notReached, `${object} was deleted`);
  if (end.kind === 'timedOut') throw timedOut(object, context);
  if (end.value.kind === 'failed') throw new CliError(EXIT.notReached, `${object} ${end.value.message}`);
}

export function timedOut(object: string, context: Omit<EndContext, 'name'>): CliError {
  const limit = formatSeconds(context.timeoutSeconds ?? 0);
  const last = context.lastMessage === undefined ? '' : `; last: ${context.lastMessage}`;
  return new CliError(EXIT.notReached, `${object} did not get there within ${limit} and goes on${last}`);
}

/** What waiting ends with at Ctrl-C; the rollout itself goes on. */
export function interrupted(object: string): CliError {
  return new CliError(EXIT.interrupted, `interrupted; ${object} goes on without being watched`);
}

/** Prints `time  state  shares  message` when any of it but the time has changed. */
export function changePrinter(session: Session): (reading: Reading<Status>) => void {
  let last = '';
  return (reading) => {
    const line = changeLine(reading);
    const key = JSON.stringify(line);
    if (key === last) return;
    last = key;
    printLines([[`${new Date().toISOString()}  `, ...line]], session.rendering);
  };
}

/** Prints each reading as a document: JSON one a line, YAML with `---` between. */
export function documentPrinter(format: 'json' | 'yaml'): (reading: Reading<Status>) => void {
  return ({ value, staleSince }) => {
    const document = staleSince === undefined ? value : { ...value, staleSince };
    process.stdout.write(format === 'json' ? `${JSON.stringify(document)}\n` : `---\n${stringify(document)}`);
  };
}
