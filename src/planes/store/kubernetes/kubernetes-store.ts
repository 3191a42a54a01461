import { setTimeout as delay } from 'node:timers/promises';
import type { RegisteredCluster } from '../../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { createObject, getObject, listObjects, replaceObject } from '../../../lib/kubernetes/requests.ts';
import { GLOBAL_INGRESS } from '../../../lib/kubernetes/resources.ts';
import { compareText } from '../../../plan/backend-id.ts';
import type { GlobalIngress } from '../../../plan/global-ingress.ts';
import { checkHost, type Decision, decideClaim, decidePut, decideRelease } from '../decisions.ts';
import { claimedState, type Document } from '../document.ts';
import type { GlobalIngressStore } from '../store.ts';
import { globalIngressRef, manifestOf, readObject } from './object.ts';
import { watchObjects } from './object-watch.ts';

/** How often a writer decides again because another was faster; each round lost is a round that another has won. */
const WRITE_ATTEMPTS = 200;
const LONGEST_WAIT_MS = 200;
/** Every request has the deadline of its verb; nobody calls it off before. */
const NEVER = new AbortController().signal;
const WRITING = { fieldManager: 'sluice', signal: NEVER } as const;

export interface KubernetesStoreOptions {
  readonly hub: RegisteredCluster;
}

/**
 * The GlobalIngress store in the hub: one GlobalIngress object a hostname, so that any number of machines can watch it. Each change
 * is a compare-and-set by resourceVersion. A released hostname keeps its object, without an owner: it remembers the revision.
 */
export function openKubernetesStore({ hub }: KubernetesStoreOptions): GlobalIngressStore {
  return {
    get: async (host) => claimedState(documentOf(await read(hub, checkHost(host)))),
    list: async () => list(hub),
    claim: async (host, owner, ttlSeconds) =>
      decide(hub, checkHost(host), (document) => decideClaim({ host, owner, ttlSeconds }, document)),
    put: async (next) => decide(hub, checkHost(next.host), (document) => decidePut(next, document)),
    release: async (host, owner) => decide(hub, checkHost(host), (document) => decideRelease(host, owner, document)),
    watch: (onChange, onError, known = []) => watchObjects(hub, { onChange, onError, known }),
  };
}

async function decide<T>(
  hub: RegisteredCluster,
  host: string,
  decision: (document: Document | undefined) => Decision<T>,
): Promise<T> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt += 1) {
    const object = await read(hub, host);
    const { write, outcome } = decision(documentOf(object));
    if (write === undefined || (await written(hub, write, object))) return outcome;
    // Those who lost come back at different times.
    await delay(Math.random() * Math.min(LONGEST_WAIT_MS, 5 * 2 ** attempt));
  }
  throw new Error(`${host}: ${WRITE_ATTEMPTS} attempts to write lost against other writers; try again later`);
}

/** Whether nobody else has written since `before` was read. */
async function written(hub: RegisteredCluster, document: Document, before: AnyObject | undefined): Promise<boolean> {
  const manifest = manifestOf(document, before);
  const ref = globalIngressRef(manifest.metadata.name ?? '');
  const { kind } =
    before === undefined
      ? await createObject(hub, ref, { manifest, ...WRITING })
      : await replaceObject(hub, ref, { manifest, ...WRITING });
  return kind === 'created' || kind === 'replaced';
}

function read(hub: RegisteredCluster, host: string): Promise<AnyObject | undefined> {
  return getObject(hub, globalIngressRef(host), { signal: NEVER });
}

async function list(hub: RegisteredCluster): Promise<readonly GlobalIngress[]> {
  const { items } = await listObjects(hub, { resource: GLOBAL_INGRESS }, { signal: NEVER });
  const states = items.flatMap((object) => claimedState(documentOf(object)) ?? []);
  return states.sort((left, right) => compareText(left.host, right.host));
}

/** An object that cannot be read must not look like "nobody". */
function documentOf(object: AnyObject | undefined): Document | undefined {
  if (object === undefined) return undefined;
  const reading = readObject(object);
  if (reading.kind === 'document') return reading.document;
  throw new Error(reading.reason);
}
