import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, errorCode, TEMPORARY_PREFIX } from '../../lib/atomic-file.ts';
import { type Document, readDocument, writeDocument } from './document.ts';

/**
 * The newest, one to read when the newest is damaged, and as many more as others may write between a writer's creation of
 * its own generation and its look for it: with four, a busy machine was enough for a writer to take its own for lost.
 */
const KEPT_GENERATIONS = 32;
/** A temporary file this old was left by a process that is gone. */
const STALE_TEMPORARY_MS = 10 * 60_000;
/** How often a reader starts again because others prune what it was about to read. */
const READ_ATTEMPTS = 100;

/** The newest readable generation of a hostname. */
export interface Newest {
  /** Number of the newest generation, readable or not; 0 when there is none. */
  readonly sequence: number;
  readonly document: Document | undefined;
  /** Files that are torn or foreign and were passed over. */
  readonly damaged: readonly string[];
}

/**
 * One folder a hostname, in it one file a generation: `7.json` follows `6.json`. The file with the highest number holds.
 * A generation is made by creating the next number, which fails for all but one of those who try.
 */
export async function readNewest(directory: string, host: string): Promise<Newest> {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
    const sequences = sequencesAmong(await listNames(join(directory, host)));
    const newest = await readFirst(directory, host, sequences);
    if (newest !== 'pruned') return newest;
  }
  throw new Error(`${join(directory, host)}: the newest generation cannot be read, it is gone each time it is opened`);
}

/** Makes generation `sequence`. `lost` means that another writer was faster: read again and decide again. */
export async function createGeneration(
  directory: string,
  { host, sequence, document }: { readonly host: string; readonly sequence: number; readonly document: Document },
): Promise<'created' | 'lost'> {
  const folder = join(directory, host);
  if (sequence === 1) await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await createFile(generationPath(folder, sequence), writeDocument(document))) === 'exists') return 'lost';
  await announce(directory, host);
  const names = await listNames(folder);
  const sequences = sequencesAmong(names);
  // A writer that slept may create a number that others made and pruned long ago. It then lies below all kept ones.
  if (!sequences.slice(0, KEPT_GENERATIONS).includes(sequence)) return 'lost';
  for (const old of sequences.slice(KEPT_GENERATIONS)) await rm(generationPath(folder, old), { force: true });
  for (const name of names) if (name.startsWith(TEMPORARY_PREFIX)) await removeIfStale(join(folder, name));
  return 'created';
}

/** Tells watchers that a hostname changed: a new time on its folder is an inotify event (IN_ATTRIB) of the folder above. */
export async function announce(directory: string, host: string): Promise<void> {
  const now = new Date();
  await utimes(join(directory, host), now, now);
}

function listNames(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
}

/** Generation numbers, highest first. */
function sequencesAmong(names: readonly string[]): readonly number[] {
  return names
    .flatMap((name) => {
      const match = /^([1-9][0-9]{0,14})\.json$/.exec(name);
      return match === null ? [] : [Number(match[1])];
    })
    .sort((left, right) => right - left);
}

async function readFirst(directory: string, host: string, sequences: readonly number[]): Promise<Newest | 'pruned'> {
  const damaged: string[] = [];
  for (const candidate of sequences) {
    const path = generationPath(join(directory, host), candidate);
    const text = await readUnlessGone(path);
    if (text === undefined) return 'pruned';
    const document = readDocument(text, host);
    if (document !== undefined) return { sequence: sequences[0] ?? 0, document, damaged };
    damaged.push(path);
  }
  return { sequence: sequences[0] ?? 0, document: undefined, damaged };
}

async function readUnlessGone(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function removeIfStale(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && Date.now() - found.mtimeMs > STALE_TEMPORARY_MS) await rm(path, { force: true });
}

function generationPath(folder: string, sequence: number): string {
  return join(folder, `${sequence}.json`);
}
