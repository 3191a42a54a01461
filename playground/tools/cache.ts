import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface CacheKey {
  readonly tool: string;
  readonly version: string;
  /** The file that is wanted of it. */
  readonly file: string;
}

/** Tools are kept for the user, not for the checkout: `~/.cache/sluice/<tool>/<version>` (XDG_CACHE_HOME moves it). */
export function cachedFile({ tool, version, file }: CacheKey): string {
  return join(cacheRoot(), tool, version, file);
}

export async function isPresent(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Fills a place of the cache: `make` gets an empty folder, which takes its place under its final name in one move. Two
 * checkouts that do so at once both work; the first one to end wins.
 */
export async function fillCache(key: CacheKey, make: (folder: string) => Promise<void>): Promise<string> {
  const wanted = cachedFile(key);
  const place = dirname(wanted);
  await mkdir(dirname(place), { recursive: true });
  const folder = await mkdtemp(join(dirname(place), `.making-${key.version}-`));
  try {
    await make(folder);
    if (!(await isPresent(join(folder, key.file))))
      throw new Error(`${key.tool} ${key.version}: no ${key.file} was made`);
    await moveIntoPlace(folder, place, wanted);
    return wanted;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function moveIntoPlace(folder: string, place: string, wanted: string): Promise<void> {
  try {
    await rename(folder, place);
  } catch (error) {
    if (await isPresent(wanted)) return; // somebody else was first
    // A folder without the file: left by hand or by an earlier layout.
    await rm(place, { recursive: true, force: true });
    await rename(folder, place).catch(() => {
      throw error;
    });
  }
}

function cacheRoot(): string {
  // XDG base directory specification: relative paths in the variable are to be ignored.
  const configured = process.env['XDG_CACHE_HOME'];
  const root = configured?.startsWith('/') === true ? configured : join(homedir(), '.cache');
  return join(root, 'sluice');
}
