import { createHash } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessRecords } from './process-records.ts';
import type { Progress } from './progress.ts';

/** Another playground runs in the same directory. */
export class PlaygroundRunningError extends Error {
  override readonly name = 'PlaygroundRunningError';
}

/** How long a process that an earlier playground left behind may take to end, milliseconds. */
const LEFTOVER_TIMEOUT_MS = 5_000;

/** Makes a directory ours, and stops what a playground that was killed has left in it. */
export async function takeDirectory(directory: string, progress: Progress): Promise<ProcessRecords> {
  mkdirSync(directory, { recursive: true });
  const records = new ProcessRecords(directory);
  const owner = records.claim();
  if (owner !== undefined) {
    throw new PlaygroundRunningError(
      `A playground already runs in ${directory} (process ${owner}): stop that one first.`,
    );
  }
  const leftovers = await records.stopLeftovers(LEFTOVER_TIMEOUT_MS);
  if (leftovers.length > 0) progress.note(`stopped what an earlier playground left behind: ${leftovers.join(', ')}`);
  return records;
}

/** Sockets need short paths, which a checkout may not have. */
export function socketDirectory(directory: string): string {
  const short = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const path = join(tmpdir(), `sluice-${short}`);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { mode: 0o700 });
  return path;
}
