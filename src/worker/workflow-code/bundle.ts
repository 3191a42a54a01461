import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { createFile, errorCode } from '../../lib/atomic-file.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../', import.meta.url));
/** Versions of packages are exact there. */
const MANIFEST = fileURLToPath(new URL('../../../package.json', import.meta.url));

/** Several times what a busy machine takes. */
const LIMIT_MS = 120_000;
const MOST_OCTETS = 64 * 2 ** 20;
/** Bundles of other versions that stay: those of checkouts side by side, 4 MiB each. */
const KEPT = 24;

export interface BundleOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Where bundles are kept from one start to the next; the user's cache when absent. */
  readonly directory?: string;
}

/**
 * The code of all workflows, as the SDK wants it. Made once for each state of the sources and kept: a worker that was killed
 * is back several seconds sooner. Where nothing can be kept it is made at each start.
 */
export async function workflowBundle({ log, signal, directory = cacheDirectory() }: BundleOptions): Promise<string> {
  const file = join(directory, `${await stateOfSources()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const code = await make(signal);
  try {
    await keep(directory, file, code);
  } catch (error) {
    log.debug({ err: error, directory }, 'the bundle of workflows is not kept: the next start makes it again');
  }
  return code;
}

function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice', 'workflows');
}

/** Differs when anything does that a bundle could hang on. */
export async function stateOfSources(sources = SOURCES, manifest = MANIFEST): Promise<string> {
  const names = (await readdir(sources, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  const hash = createHash('sha256').update(await readFile(manifest));
  for (const name of names) hash.update(`\0${name}\0`).update(await readFile(join(sources, name)));
  return hash.digest('hex').slice(0, 32);
}

async function make(signal: AbortSignal): Promise<string> {
  const options = { signal, timeout: LIMIT_MS, maxBuffer: MOST_OCTETS };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN], options);
  if (stdout === '') throw new Error(`workflows were not bundled: ${stderr}`);
  return stdout;
}

/** Owner only, whole or not at all: it is code that will be run. */
async function keep(directory: string, file: string, code: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await createFile(file, code);
  const others = (await readdir(directory)).map((name) => join(directory, name)).filter((path) => path !== file);
  const dated = await Promise.all(others.map(async (path) => ({ path, writtenAt: await writtenAt(path) })));
  const old = dated.sort((left, right) => right.writtenAt - left.writtenAt).slice(KEPT);
  await Promise.all(old.map(({ path }) => rm(path, { force: true })));
}

async function writtenAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    // Somebody else has tidied up meanwhile.
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
