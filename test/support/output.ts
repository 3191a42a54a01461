import { execFile } from 'node:child_process';

/** What a program printed, and how it ended. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads on standard input. */
  readonly input?: string;
}

const RUN_DEADLINE_MS = 60_000;
const OUTPUT_LIMIT_BYTES = 64 * 1_024 * 1_024;

/** Runs a program to its end, which comes by SIGTERM when it takes too long. */
export function run(program: string, args: readonly string[], { env, input }: RunOptions = {}): Promise<Output> {
  return new Promise((done) => {
    const options = { env: env ?? process.env, timeout: RUN_DEADLINE_MS, maxBuffer: OUTPUT_LIMIT_BYTES };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      done({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr });
    });
    // A program that ends without reading everything breaks the pipe, which its exit code tells better.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
