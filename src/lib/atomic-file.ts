import { createHash, randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Marks files that are still being written. A process that is killed leaves one behind; nobody reads it. */
export const TEMPORARY_PREFIX = '.tmp-';

/** Replaces a file in one move: a reader sees the old content or the new one, also after a power cut. */
export async function replaceFile(path: string, content: string): Promise<void> {
  await withTemporary(path, content, (temporary) => rename(temporary, path));
}

/** Makes a file that must not exist yet, whole from its first moment. Of several that try at once, one gets `created`. */
export async function createFile(path: string, content: string): Promise<'created' | 'exists'> {
  try {
    // link(2) fails when the name is taken, and needs no lock that a killed process could leave.
    await withTemporary(path, content, (temporary) => link(temporary, path));
    return 'created';
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'exists';
    throw error;
  }
}

/** JSON text that carries a checksum of itself. `openSealed` reads it. */
export function seal(content: unknown): string {
  return `${JSON.stringify({ sha256: checksum(content), content }, undefined, 1)}\n`;
}

/** The content of sealed text; undefined when it is torn, changed by hand or something else. */
export function openSealed(text: string): unknown {
  const document = parseJson(text);
  if (typeof document !== 'object' || document === null) return undefined;
  if (!('sha256' in document) || !('content' in document)) return undefined;
  return document.sha256 === checksum(document.content) ? document.content : undefined;
}

/** The `code` of a system error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

async function withTemporary(path: string, content: string, publish: (temporary: string) => Promise<void>) {
  const directory = dirname(path);
  const temporary = join(directory, `${TEMPORARY_PREFIX}${process.pid}-${randomUUID()}`);
  try {
    await writeDurably(temporary, content);
    await publish(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(directory);
}

async function writeDurably(path: string, content: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(content);
  await file.sync();
}

/** A new name survives a power cut only when its directory was synced too (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

function checksum(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
