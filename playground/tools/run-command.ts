import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Say } from '../progress.ts';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly say?: Say;
}

/** A command that failed, with the last lines of what it printed. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const KEPT_LINES = 20;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 2_000;

/** What a lost connection looks like in the words of go and pip. */
const NETWORK_TROUBLE =
  /timeout|timed out|connection (reset|refused|aborted)|unexpected EOF|no such host|temporary failure|name resolution|TLS handshake|\b50[0-4]\b/i;

/** Runs a command to its end and returns what it printed on standard output; each line it prints is said. */
export async function runCommand({ command, args, directory, environment, say }: Command): Promise<string> {
  const child = spawn(command, args, {
    ...(directory === undefined ? {} : { cwd: directory }),
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  const output: string[] = [];
  const errors: string[] = [];
  const keep = (lines: string[], line: string): void => {
    lines.push(line);
    say?.(line.trim());
  };
  createInterface({ input: child.stdout }).on('line', (line) => keep(output, line));
  createInterface({ input: child.stderr }).on('line', (line) => keep(errors, line));
  try {
    const end = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) =>
        resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${code}`}`),
      );
    });
    if (end === undefined) return output.join('\n');
    const last = [...output, ...errors].slice(-KEPT_LINES).map((line) => `    ${line}\n`);
    throw new CommandError(`${[command, ...args].join(' ')}\n  ${end}\n${last.join('')}`);
  } finally {
    process.removeListener('exit', kill);
  }
}

/** Runs a command that downloads: tries again, with growing pauses, when the network was the trouble. */
export async function runDownload(command: Command): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runCommand(command);
    } catch (error) {
      const transient = error instanceof CommandError && NETWORK_TROUBLE.test(error.message);
      if (!transient || attempt === ATTEMPTS) throw error;
      command.say?.(`the network failed (attempt ${attempt} of ${ATTEMPTS}), trying again`);
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}
