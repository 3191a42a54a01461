import { createSecretKey, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { encodeName, nameKey, nameWire } from '../wire/names.ts';

/** What is shared with a secondary to sign messages (RFC 8945). */
export interface TsigKey {
  /** As written, without a dot at the end. */
  readonly name: string;
  /** Wire form, letters folded. */
  readonly wireName: Buffer;
  readonly algorithm: TsigAlgorithm;
  /** Shows nothing of itself when it is printed. */
  readonly secret: KeyObject;
}

export type TsigAlgorithm = 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

/** A key as settings have it. */
export interface TsigKeySettings {
  readonly name: string;
  readonly algorithm: string;
  /** Holds the secret in base64 and nothing else. */
  readonly secretFile: string;
}

interface Algorithm {
  readonly hash: string;
  /** Octets of a whole MAC. */
  readonly macSize: number;
  readonly wireName: Buffer;
}

/** RFC 8945 section 6, less those with SHA-1 or MD5, which must not be used, and those that are cut short. */
export const TSIG_ALGORITHMS: Readonly<Record<TsigAlgorithm, Algorithm>> = {
  'hmac-sha256': algorithm('sha256', 32),
  'hmac-sha384': algorithm('sha384', 48),
  'hmac-sha512': algorithm('sha512', 64),
};

/** RFC 8945 section 10 asks for as many bits as the hash has; fewer than 128 can be guessed. */
const MIN_SECRET_SIZE = 16;
/** Any right of the group or of others. */
const NOT_THE_OWNER = 0o077;

/** Makes a key of a secret that is at hand. Throws an error that says what is wrong with it. */
export function tsigKey(name: string, algorithmName: string, secret: Buffer): TsigKey {
  const written = name.endsWith('.') ? name.slice(0, -1) : name;
  const wire = encodeName(written);
  if (wire === undefined || wire.length === 1) {
    throw new Error(`"${name}" is no name of a TSIG key: allowed are labels of 1 to 63 octets with dots between them`);
  }
  if (!isTsigAlgorithm(algorithmName)) {
    const allowed = Object.keys(TSIG_ALGORITHMS).join(', ');
    throw new Error(`the TSIG key ${name} has the algorithm "${algorithmName}": allowed are ${allowed}`);
  }
  if (secret.length < MIN_SECRET_SIZE) {
    throw new Error(
      `the secret of the TSIG key ${name} has ${secret.length} octets, it needs at least ${MIN_SECRET_SIZE}`,
    );
  }
  const wireName = nameWire(nameKey(wire, 0, wire.length));
  return { name: written, wireName, algorithm: algorithmName, secret: createSecretKey(secret) };
}

/** Reads the secret of a key. Throws an error that names the file when it is missing, damaged or open to others. */
export async function readTsigKey({ name, algorithm: algorithmName, secretFile }: TsigKeySettings): Promise<TsigKey> {
  const text = (await readSecret(secretFile, name)).trim();
  // Buffer.from would skip what is not base64.
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new Error(
      `${secretFile} is no secret of a TSIG key: allowed is base64 and nothing else; \`openssl rand -base64 32\` makes one`,
    );
  }
  return tsigKey(name, algorithmName, Buffer.from(text, 'base64'));
}

async function readSecret(path: string, name: string): Promise<string> {
  await using file = await openSecret(path, name);
  const { mode } = await file.stat();
  if ((mode & NOT_THE_OWNER) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0');
    throw new Error(`${path} can be used by others than its owner (mode ${found}): run chmod 600 ${path}`);
  }
  return await file.readFile('utf8');
}

async function openSecret(path: string, name: string) {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot read the secret of the TSIG key ${name}: ${detail}`, { cause });
  }
}

function isTsigAlgorithm(text: string): text is TsigAlgorithm {
  return Object.hasOwn(TSIG_ALGORITHMS, text);
}

function algorithm(hash: string, macSize: number): Algorithm {
  const wireName = encodeName(`hmac-${hash}`) ?? Buffer.of(0);
  return { hash, macSize, wireName };
}
