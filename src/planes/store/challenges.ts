import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, openSealed, replaceFile, seal } from '../../lib/atomic-file.ts';

/** What a certificate authority wants to see at `_acme-challenge.<host>` (RFC 8555 section 8.4). */
export interface Challenge {
  readonly host: string;
  readonly values: readonly string[];
  /** Milliseconds since the epoch; nothing is answered from then on. */
  readonly expiresAt: number;
}

/** Challenges in files, one a hostname, shared by all processes of one machine. */
export interface ChallengeStore {
  /** Replaces what there is for the hostname. */
  put(challenge: Challenge): Promise<void>;
  /** undefined when there is none, or it has expired. */
  get(host: string): Promise<Challenge | undefined>;
  remove(host: string): Promise<void>;
  /** Calls `onChange` with the values of all hostnames at once and after each change. The result ends it. */
  watch(onChange: (all: ReadonlyMap<string, readonly string[]>) => void, onError: (error: Error) => void): () => void;
}

export interface ChallengeOptions {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How often a follower looks though it heard of no change: challenges expire. Milliseconds. */
  readonly rescanMs?: number;
}

const RESCAN_MS = 5_000;
/** So long after its end a challenge's file is removed: nobody can be about to replace it. */
const KEPT_AFTER_END_MS = 3_600_000;
/** A file is named as its hostname and nothing more: the longest one just fits a file's name. */
const HOST = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/;

const schema: z.ZodType<Challenge> = z.object({
  host: z.string().regex(HOST),
  values: z.array(z.string()),
  expiresAt: z.number(),
});

export function openChallenges(directory: string, options: ChallengeOptions = {}): ChallengeStore {
  const { now = Date.now, rescanMs = RESCAN_MS } = options;
  return {
    async put(challenge) {
      const path = join(directory, checkHost(challenge.host));
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceFile(path, seal(challenge));
      await removeOld(directory, now());
    },
    async get(host) {
      const challenge = await readChallenge(directory, checkHost(host));
      return challenge !== undefined && challenge.expiresAt > now() ? challenge : undefined;
    },
    remove: async (host) => rm(join(directory, checkHost(host)), { force: true }),
    watch(onChange, onError) {
      const follower = new Follower(directory, { onChange, onError, now, rescanMs });
      follower.start();
      return () => follower.stop();
    },
  };
}

/** No name that passes can lead out of the folder. */
function checkHost(host: string): string {
  if (HOST.test(host)) return host;
  throw new Error(`${JSON.stringify(host)} is no hostname; allowed are lower-case labels with dots`);
}

interface FollowerOptions extends Required<ChallengeOptions> {
  readonly onChange: (all: ReadonlyMap<string, readonly string[]>) => void;
  readonly onError: (error: Error) => void;
}

/** Reads everything again when something in the folder changes, and now and then, since challenges expire. */
class Follower {
  readonly #directory: string;
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** As read last, expired ones included. */
  #known: readonly Challenge[] = [];
  #told = '';
  #reading = false;
  #again = false;
  #reported = '';

  constructor(directory: string, options: FollowerOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#wake(), this.#options.rescanMs);
    void this.#open();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopped.abort();
  }

  async #open(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      if (this.#stopped.signal.aborted) return;
      const watcher = watch(this.#directory, { signal: this.#stopped.signal }, () => this.#wake());
      watcher.on('error', (error) => this.#report([error]));
    } catch (error) {
      this.#report([error]);
    }
    this.#wake();
  }

  #wake(): void {
    this.#again = true;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (this.#again && !this.#stopped.signal.aborted) {
      this.#again = false;
      const { challenges, errors } = await readAll(this.#directory);
      // What cannot be looked at is not gone; it expires all the same.
      this.#known = challenges ?? this.#known;
      this.#tell(this.#known.filter(({ expiresAt }) => expiresAt > this.#options.now()));
      this.#report(errors);
    }
    this.#reading = false;
  }

  #tell(challenges: readonly Challenge[]): void {
    const text = JSON.stringify(challenges.map(({ host, values }) => [host, values]));
    if (text === this.#told || this.#stopped.signal.aborted) return;
    this.#told = text;
    this.#options.onChange(new Map(challenges.map(({ host, values }) => [host, values])));
  }

  /** Once for each new trouble, not once a look. */
  #report(errors: readonly unknown[]): void {
    const message = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ');
    if (message === this.#reported || this.#stopped.signal.aborted) return;
    this.#reported = message;
    if (message === '') return;
    this.#options.onError(
      new Error(`challenges in ${this.#directory} cannot be read: ${message}`, { cause: errors[0] }),
    );
  }
}

interface Everything {
  /** Sorted by hostname; undefined when the folder cannot be read. */
  readonly challenges: readonly Challenge[] | undefined;
  readonly errors: readonly unknown[];
}

async function readAll(directory: string): Promise<Everything> {
  const names = await readdir(directory).catch((error: unknown) => ({ error }));
  if ('error' in names) return { challenges: undefined, errors: [names.error] };
  const hosts = names.filter((name) => HOST.test(name)).sort();
  const read = await Promise.allSettled(hosts.map((host) => readChallenge(directory, host)));
  // Files are gone one by one when they are removed, and all at once with their folder.
  const after = await readdir(directory).catch((error: unknown) => ({ error }));
  if ('error' in after) return { challenges: undefined, errors: [after.error] };
  return {
    challenges: read.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : [])),
    errors: read.flatMap((one): readonly unknown[] => (one.status === 'rejected' ? [one.reason] : [])),
  };
}

/** Expired ones too; undefined for one that is not there or is damaged: a challenge is asked for again when it is missed. */
async function readChallenge(directory: string, host: string): Promise<Challenge | undefined> {
  const text = await readFile(join(directory, host), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const parsed = schema.safeParse(text === undefined ? undefined : openSealed(text));
  return parsed.success && parsed.data.host === host ? parsed.data : undefined;
}

async function removeOld(directory: string, now: number): Promise<void> {
  const { challenges = [] } = await readAll(directory);
  const old = challenges.filter(({ expiresAt }) => expiresAt + KEPT_AFTER_END_MS < now);
  await Promise.all(old.map(({ host }) => rm(join(directory, host), { force: true })));
}
