import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../src/cli/bin.mjs', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Ctrl-C once this has been printed. */
  readonly interruptAt?: string;
}

/** Runs the real program with an environment that holds nothing of ours but what the test gives. */
export async function sluice(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { SLUICE_SERVER: _server, SLUICE_TOKEN: _token, FORCE_COLOR: _color, ...inherited } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...inherited, ...options.env } });
  child.stdin.end(options.stdin ?? '');
  const { interruptAt } = options;
  if (interruptAt !== undefined) {
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      seen += String(chunk);
      if (seen.includes(interruptAt)) child.kill('SIGINT');
    });
  }
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [code, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
