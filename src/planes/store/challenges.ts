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

const RESCAN_MS = 5_000;
const SUFFIX = '.json';
const HOST = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/;

const schema: z.ZodType<Challenge> = z.object({
  host: z.string().regex(HOST),
  values: z.array(z.string()),
  expiresAt: z.number(),
});

export function openChallenges(directory: string, now: () => number = Date.now): ChallengeStore {
  const pathOf = (host: string): string => {
    if (!HOST.test(host))
      throw new Error(`${JSON.stringify(host)} is no hostname; allowed are lower-case labels with dots`);
    return join(directory, `${host}${SUFFIX}`);
  };
  return {
    async put(challenge) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await replaceFile(pathOf(challenge.host), seal(challenge));
    },
    get: (host) => readChallenge(pathOf(host), now()),
    remove: (host) => rm(pathOf(host), { force: true }),
    watch(onChange, onError) {
      const follower = new Follower(directory, { onChange, onError, now });
      follower.start();
      return () => follower.stop();
    },
  };
}

interface FollowerOptions {
  readonly onChange: (all: ReadonlyMap<string, readonly string[]>) => void;
  readonly onError: (error: Error) => void;
  readonly now: () => number;
}

/** Reads everything again when something in the folder changes, and now and then, since challenges expire. */
class Follower {
  readonly #directory: string;
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #told = '';
  #reading = false;
  #again = false;
  #reported = '';

  constructor(directory: string, options: FollowerOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#wake(), RESCAN_MS);
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
      watcher.on('error', (error) => this.#report(error));
    } catch (error) {
      this.#report(error);
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
      try {
        this.#tell(await this.#all());
      } catch (error) {
        this.#report(error);
      }
    }
    this.#reading = false;
  }

  async #all(): Promise<readonly Challenge[]> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith(SUFFIX)).sort();
    const read = await Promise.all(
      names.map((name) => readChallenge(join(this.#directory, name), this.#options.now())),
    );
    return read.flatMap((challenge) => challenge ?? []);
  }

  #tell(challenges: readonly Challenge[]): void {
    const text = JSON.stringify(challenges.map(({ host, values }) => [host, values]));
    if (text === this.#told || this.#stopped.signal.aborted) return;
    this.#told = text;
    this.#options.onChange(new Map(challenges.map(({ host, values }) => [host, values])));
  }

  /** Once for each new trouble, not once a look. */
  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#reported) return;
    this.#reported = message;
    this.#options.onError(new Error(`challenges in ${this.#directory} cannot be read: ${message}`, { cause: error }));
  }
}

/** undefined for one that is not there, has expired or is damaged: a challenge is asked for again when it is missed. */
async function readChallenge(path: string, now: number): Promise<Challenge | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  const parsed = schema.safeParse(text === undefined ? undefined : openSealed(text));
  return parsed.success && parsed.data.expiresAt > now ? parsed.data : undefined;
}
