import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { testPlayground } from './playground.ts';
import type { TestSluice } from './sluice.ts';

const ROOT = resolve(import.meta.dirname, '../..');

export interface BuildOptions {
  readonly buildId: string;
  /** The Temporal namespace. */
  readonly namespace: string;
  /** A file of the program, and what is another text in this build. */
  readonly change: { readonly file: string; readonly before: string; readonly after: string };
}

/** `sluice worker` of another build, beside the program under test and with its settings. */
export class OtherBuild {
  readonly #process: ChildProcess;
  #printed = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) stream?.on('data', (data) => (this.#printed += data));
  }

  static start(sluice: TestSluice, { buildId, namespace, change }: BuildOptions): OtherBuild {
    const directory = join(sluice.directory, buildId);
    for (const part of ['src', 'package.json']) cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    symlinkSync(realpathSync(join(ROOT, 'node_modules')), join(directory, 'node_modules'));
    const file = join(directory, change.file);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(change.before)) throw new Error(`${change.file} has no "${change.before}"`);
    writeFileSync(file, text.replaceAll(change.before, change.after));
    const variables = {
      TEMPORAL_ADDRESS: testPlayground().temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_DEPLOYMENT_NAME: 'sluice',
      TEMPORAL_WORKER_BUILD_ID: buildId,
    };
    const args = [join(directory, 'src/cli/bin.mjs'), 'worker', '--config', sluice.configPath];
    return new OtherBuild(
      spawn(process.execPath, args, { env: { ...process.env, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** What it printed. */
  log(): string {
    return this.#printed;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await ended;
  }
}
