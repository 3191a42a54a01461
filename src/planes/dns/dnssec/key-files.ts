/*
 * A zone's keys are BIND's pairs of files, K<zone>.+013+<tag>.key and .private, so that dnssec-keygen, dnssec-settime and
 * dnssec-dsfromkey work on them, and keys of another server can be taken over.
 *
 * Which key signs follows the times in the .private files, read once at start: of the keys that are past Activate and not
 * past Inactive (or have no times at all) the one that was activated last. All that are past Publish and not past Delete
 * stand in the DNSKEY set. To roll: make a second key with state `published`, have the parent list its DS beside the old
 * one, wait until all old sets have expired from caches, set its Activate; later take the old key's files and DS away.
 */
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, errorCode } from '../../../lib/atomic-file.ts';
import { type PrivateText, parsePrivateText, parsePublicText, privateText, publicText } from './key-text.ts';
import { type KeyTiming, keyUse } from './key-timing.ts';
import { canonicalZone, type SigningKey, signingKey } from './signing-key.ts';

/** Any right of the group or of others. */
const NOT_THE_OWNER = 0o077;

/** Name of a key's files, less `.key` and `.private`. */
export function keyFileName({ zone, keyTag }: Pick<SigningKey, 'zone' | 'keyTag'>): string {
  return `K${zone}.+013+${String(keyTag).padStart(5, '0')}`;
}

/** Writes the two files of a key, for the owner alone. `exists` when a key of this zone and tag is there: make another. */
export async function saveKey(directory: string, key: SigningKey, now = nowSeconds()): Promise<'created' | 'exists'> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, keyFileName(key));
  const timing: KeyTiming = { Created: now, Publish: now, ...(key.state === 'active' ? { Activate: now } : {}) };
  if ((await createFile(`${path}.private`, privateText(key, timing))) === 'exists') return 'exists';
  if ((await createFile(`${path}.key`, publicText(key, timing))) === 'created') return 'created';
  await rm(`${path}.private`);
  return 'exists';
}

/**
 * The keys of a zone that are in use now, the one that signs first; none when the directory has none. Throws when a file
 * is damaged, foreign or open to others than its owner, or when there are keys and none of them signs: a zone whose
 * parent has a DS must not be served unsigned.
 */
export async function loadKeys(directory: string, zone: string, now = nowSeconds()): Promise<readonly SigningKey[]> {
  const name = canonicalZone(zone);
  const stems = await keyStems(directory, name);
  const loaded = await Promise.all(stems.map((stem) => loadKey(join(directory, stem), name)));
  const used = loaded
    .map((key) => ({ ...key, use: keyUse(key.timing, now) }))
    .filter(({ use }) => use !== 'none')
    .sort((left, right) => newestFirst(left, right));
  if (stems.length > 0 && used[0]?.use !== 'sign') throw new Error(noneSigns(directory, name, stems));
  return used.map(({ key }, index) => ({ ...key, state: index === 0 ? 'active' : 'published' }));
}

interface LoadedKey {
  readonly key: SigningKey;
  readonly timing: KeyTiming;
}

/** Names without ending of all keys of a zone, in order. */
async function keyStems(directory: string, zone: string): Promise<readonly string[]> {
  const start = `k${zone}.+`;
  const names = (await readDirectory(directory)).filter((name) => name.toLowerCase().startsWith(start));
  const stems = names.filter((name) => /\+\d+\.(key|private)$/.test(name)).map((name) => name.replace(/\.\w+$/, ''));
  return [...new Set(stems)].sort();
}

async function loadKey(path: string, zone: string): Promise<LoadedKey> {
  const { scalar, timing } = await readPrivate(`${path}.private`);
  const written = await readPart(`${path}.key`, parsePublicText);
  const key = explained(`${path}.private`, () => signingKey({ zone, scalar, state: 'published' }));
  if (written.zone !== zone)
    throw new Error(`${path}.key is a key of ${written.zone}, not of ${zone}: rename or remove it`);
  if (!written.publicKey.equals(key.publicKey)) {
    throw new Error(`${path}.key and ${path}.private are of different keys: restore both from the same backup`);
  }
  if (!path.endsWith(`+${String(key.keyTag).padStart(5, '0')}`)) {
    throw new Error(`${path}.key has the key tag ${key.keyTag}: rename its two files to ${keyFileName(key)}`);
  }
  return { key, timing };
}

async function readPrivate(path: string): Promise<PrivateText> {
  await using file = await openPart(path);
  const { mode } = await file.stat();
  if ((mode & NOT_THE_OWNER) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(`${path} can be used by others than its owner (mode ${found}): run chmod 600 ${path}`);
  }
  const text = await file.readFile('utf8');
  return explained(path, () => parsePrivateText(text));
}

async function readPart<T>(path: string, parse: (text: string) => T): Promise<T> {
  await using file = await openPart(path);
  const text = await file.readFile('utf8');
  return explained(path, () => parse(text));
}

async function openPart(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw new Error(`${path} cannot be read: each key needs its .key and its .private file`, { cause: error });
  }
}

/** Puts the file before what is wrong in it. */
function explained<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function readDirectory(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

type UsedKey = LoadedKey & { readonly use: 'sign' | 'publish' | 'none' };

/** Keys that sign before others, then by activation, then by creation; the tag makes it the same order everywhere. */
function newestFirst(left: UsedKey, right: UsedKey): number {
  return (
    Number(right.use === 'sign') - Number(left.use === 'sign') ||
    (right.timing.Activate ?? 0) - (left.timing.Activate ?? 0) ||
    (right.timing.Created ?? 0) - (left.timing.Created ?? 0) ||
    left.key.keyTag - right.key.keyTag
  );
}

function noneSigns(directory: string, zone: string, stems: readonly string[]): string {
  return (
    `no key of ${zone} in ${directory} signs now (found ${stems.join(', ')}): ` +
    'one needs an Activate time in the past and no Inactive time in the past, see dnssec-settime -A now'
  );
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
