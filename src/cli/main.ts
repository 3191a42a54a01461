import { CommanderError } from 'commander';
import { ClientError } from '../client/errors.ts';
import { formatIssues } from '../spec/document.ts';
import { CliError, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { createProgram } from './program.ts';
import { renderLine } from './view/text.ts';

/** Runs the program. A verb that succeeds ends by itself: what it wrote to a pipe arrives before the process ends. */
async function main(): Promise<void> {
  // `sluice list | head` closes the pipe early; that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.error),
  );
  try {
    await createProgram().parseAsync();
  } catch (error) {
    // A role that failed half-way may hold connections that would keep the process; what was printed is out by now.
    process.exit(report(error));
  }
}

function report(error: unknown): ExitCode {
  // Commander has printed what was wrong with the usage, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  process.stderr.write(`error: ${plain(headline(error))}\n`);
  if (error instanceof ClientError) {
    for (const issue of error.issues) process.stderr.write(`  ${plain(`${issue.path}: ${issue.message}`)}\n`);
  }
  return exitCodeOf(error);
}

/** The issues of a document follow line by line, so they are left out of the headline. */
function headline(error: unknown): string {
  if (!(error instanceof ClientError) || error.issues.length === 0) return errorMessage(error);
  const issues = formatIssues(error.issues);
  // Of a request and not of a document: the sentence is whole without them.
  const request = /^(the request is not right):/.exec(error.message)?.[1];
  return request ?? error.message.replace(issues, 'not a valid FederatedIngress');
}

/** A bug keeps its stack, so that a report of it is worth something. */
function errorMessage(error: unknown): string {
  if (error instanceof ClientError || error instanceof CliError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function plain(text: string): string {
  return text
    .split('\n')
    .map((line) => renderLine([line], { color: false }))
    .join('\n');
}

await main();
