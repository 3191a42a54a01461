import { readdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import pLimit from 'p-limit';
import { errorCode } from '../../lib/atomic-file.ts';
import { emptyGlobalIngress, type GlobalIngress, type Owner } from '../../plan/global-ingress.ts';
import { claimedState, type Document, revisionOf } from './document.ts';
import { watchFiles } from './file-watch.ts';
import { announce, createGeneration, type Newest, readNewest } from './generations.ts';
import type { ClaimOutcome, GlobalIngressStore, PutOutcome } from './store.ts';

/** Lower-case labels of letters, digits, hyphens and underscores: no name in it can leave the store's folder. */
const HOST_PATTERN = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
/** How often a writer decides again because another was faster; each round lost is a round that another has won. */
const WRITE_ATTEMPTS = 200;
const PARALLEL_READS = 32;

/**
 * The GlobalIngress store in files, shared by all processes of one machine. No lock files: a change is a new numbered
 * file, created whole or not at all, so a process may be killed at any moment.
 */
export function openFileStore(directory: string): GlobalIngressStore {
  return {
    get: async (host) => claimedState(readable(await readNewest(directory, checkHost(host)))),
    list: async () => listClaimed(directory),
    claim: async (host, owner, ttlSeconds) => claim(directory, { host: checkHost(host), owner, ttlSeconds }),
    put: async (next) => put(directory, { ...next, host: checkHost(next.host) }),
    release: async (host, owner) => release(directory, checkHost(host), owner),
    watch: (onChange, onError) => watchFiles(directory, { isHost, onChange, onError }),
  };
}

interface Claim {
  readonly host: string;
  readonly owner: Owner;
  readonly ttlSeconds: number;
}

function claim(directory: string, { host, owner, ttlSeconds }: Claim): Promise<ClaimOutcome> {
  return decide<ClaimOutcome>(directory, host, (document) => {
    const current = claimedState(document);
    if (current !== undefined && sameOwner(current.owner, owner)) return done({ kind: 'claimed', current });
    if (current !== undefined) return done({ kind: 'taken', by: current.owner });
    const state = emptyGlobalIngress({ host, owner, revision: revisionOf(document) + 1, ttlSeconds });
    return { write: { kind: 'claimed', state }, outcome: { kind: 'claimed', current: state } };
  });
}

function put(directory: string, next: GlobalIngress): Promise<PutOutcome> {
  return decide<PutOutcome>(directory, next.host, (document) => {
    const current = claimedState(document);
    if (isDeepStrictEqual(current, next)) return done({ kind: 'written' });
    const mayWrite = current !== undefined && sameOwner(current.owner, next.owner) && next.revision > current.revision;
    if (!mayWrite) return done({ kind: 'conflict', current });
    return { write: { kind: 'claimed', state: next }, outcome: { kind: 'written' } };
  });
}

async function release(directory: string, host: string, owner: Owner): Promise<void> {
  await decide<undefined>(directory, host, (document) => {
    const current = claimedState(document);
    if (current === undefined || !sameOwner(current.owner, owner)) return done(undefined);
    return { write: { kind: 'released', host, revision: current.revision + 1 }, outcome: undefined };
  });
}

/** What to do about the newest generation: write the one that follows, or nothing. */
interface Decision<T> {
  readonly write?: Document;
  readonly outcome: T;
}

function done<T>(outcome: T): Decision<T> {
  return { outcome };
}

/** Compare-and-set: reads the newest generation, decides, and writes the next number, until nobody else was faster. */
async function decide<T>(
  directory: string,
  host: string,
  decision: (document: Document | undefined) => Decision<T>,
): Promise<T> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
    const newest = await readNewest(directory, host);
    const { write, outcome } = decision(readable(newest));
    if (write === undefined) {
      // A writer killed between writing and announcing tries again later, and finds its own state: tell it then.
      if (newest.sequence > 0) await announce(directory, host);
      return outcome;
    }
    const created = await createGeneration(directory, { host, sequence: newest.sequence + 1, document: write });
    if (created === 'created') return outcome;
  }
  throw new Error(`${host}: ${WRITE_ATTEMPTS} attempts to write lost against other writers; try again later`);
}

async function listClaimed(directory: string): Promise<readonly GlobalIngress[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const limit = pLimit(PARALLEL_READS);
  const newest = await limit.map(names.filter(isHost).sort(), (host) => readNewest(directory, host));
  return newest.flatMap((one) => claimedState(readable(one)) ?? []);
}

/** Damage in the newest generation is made good by the one before. Damage in all of them must not look like "nobody". */
function readable(newest: Newest): Document | undefined {
  if (newest.document !== undefined || newest.damaged.length === 0) return newest.document;
  throw new Error(`all generations of a hostname are damaged: ${newest.damaged.join(', ')}; restore or remove them`);
}

function isHost(name: string): boolean {
  return HOST_PATTERN.test(name);
}

function checkHost(host: string): string {
  if (isHost(host)) return host;
  throw new Error(`${JSON.stringify(host)} is no hostname; allowed are lower-case labels with dots, 253 characters`);
}

function sameOwner(left: Owner, right: Owner): boolean {
  return left.namespace === right.namespace && left.name === right.name;
}
