import { readdir } from 'node:fs/promises';
import pLimit from 'p-limit';
import { errorCode } from '../../lib/atomic-file.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { checkHost, type Decision, decideClaim, decidePut, decideRelease, isHost } from './decisions.ts';
import { claimedState, type Document } from './document.ts';
import { watchFiles } from './file-watch.ts';
import { announce, createGeneration, type Newest, readNewest } from './generations.ts';
import type { GlobalIngressStore } from './store.ts';

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
    claim: async (host, owner, ttlSeconds) =>
      decide(directory, checkHost(host), (document) => decideClaim({ host, owner, ttlSeconds }, document)),
    put: async (next) => decide(directory, checkHost(next.host), (document) => decidePut(next, document)),
    release: async (host, owner) =>
      decide(directory, checkHost(host), (document) => decideRelease(host, owner, document)),
    watch: (onChange, onError, known = []) => watchFiles(directory, { isHost, onChange, onError, known }),
  };
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
