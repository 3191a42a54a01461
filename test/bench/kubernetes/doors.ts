import { setTimeout as delay } from 'node:timers/promises';
import pLimit from 'p-limit';
import { conditionAt, listAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { createObject, deleteObject, listObjects } from '../../../src/lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS, GLOBAL_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import type { BenchIngress } from './documents.ts';
import type { Installation } from './installation.ts';
import type { Door } from './options.ts';
import { whenEach } from './when-each.ts';

/** What is submitted, or deleted, at one time. */
const CONCURRENCY = 16;
const LOOK_MS = 250;
const STUCK_MS = 600_000;
const NEVER = new AbortController().signal;

export interface Work {
  readonly installation: Installation;
  readonly ingresses: readonly BenchIngress[];
  readonly show: (line: string) => void;
}

/** What became of all, milliseconds. */
export interface Passage {
  /** Until the last one was done. */
  readonly totalMs: number;
  /** From the request for each to its end; absent where nobody can tell. */
  readonly eachMs?: readonly number[];
  /** Until the last request was answered. */
  readonly requestedMs: number;
}

export function submit(door: Door, work: Work): Promise<Passage> {
  return door === 'hub' ? submitToHub(work) : submitByHttp(work);
}

export function remove(door: Door, work: Work): Promise<Passage> {
  return door === 'hub' ? removeFromHub(work) : removeByHttp(work);
}

async function submitToHub({ installation: { hub }, ingresses, show }: Work): Promise<Passage> {
  const names = ingresses.map(({ name }) => name);
  const ready = whenEach(hub.watches.of({ resource: FEDERATED_INGRESS }), {
    what: 'Ready',
    names,
    ok: isReady,
    show,
  });
  const ref = (name: string) => ({ resource: FEDERATED_INGRESS, namespace: 'default', name });
  const sent = forEach(ingresses, ({ name, manifest }) =>
    createObject(hub, ref(name), { manifest, fieldManager: 'bench', signal: NEVER }),
  );
  return passage(await sent, await ready);
}

async function submitByHttp({ installation, ingresses, show }: Work): Promise<Passage> {
  const { http, hub } = installation;
  const published = whenEach(hub.watches.of({ resource: GLOBAL_INGRESS }), {
    what: 'published',
    names: ingresses.map(({ host }) => host),
    ok: (object) => listAt(object, 'spec', 'targets').length > 0,
    show,
  });
  const sent = await forEach(ingresses, ({ manifest }) => http.apply(manifest, {}));
  await untilCount(installation, {
    query: "SluiceState='Ready' AND ExecutionStatus='Running'",
    count: ingresses.length,
    show,
  });
  const byHost = await published;
  const each = ingresses.map(({ name, host }) => (byHost.get(host) ?? Number.NaN) - (sent.at.get(name) ?? Number.NaN));
  return { totalMs: performance.now() - sent.startedAt, eachMs: each, requestedMs: sent.endedAt - sent.startedAt };
}

async function removeFromHub({ installation: { hub }, ingresses, show }: Work): Promise<Passage> {
  const { items } = await listObjects(hub, { resource: FEDERATED_INGRESS }, { signal: NEVER });
  const uids = new Map(items.map(({ metadata }) => [metadata.name, metadata.uid]));
  const gone = whenEach(hub.watches.of({ resource: FEDERATED_INGRESS }), {
    what: 'gone',
    names: ingresses.map(({ name }) => name),
    ok: (object) => object === undefined,
    show,
  });
  const sent = forEach(ingresses, ({ name }) => {
    const ref = { resource: FEDERATED_INGRESS, namespace: 'default', name };
    return deleteObject(hub, ref, { uid: uids.get(name) ?? '', signal: NEVER });
  });
  return passage(await sent, await gone);
}

async function removeByHttp({ installation, ingresses, show }: Work): Promise<Passage> {
  const { http } = installation;
  const sent = await forEach(ingresses, ({ name }) => http.steer('delete', 'default', name, {}));
  await untilCount(installation, { query: "ExecutionStatus='Running'", count: 0, show });
  return { totalMs: performance.now() - sent.startedAt, requestedMs: sent.endedAt - sent.startedAt };
}

/** As `kubectl wait --for=condition=Ready` sees it. */
export function isReady(object: AnyObject | undefined): boolean {
  const ready = conditionAt(object, 'Ready', 'status', 'conditions');
  return ready?.status === 'True' && ready.observedGeneration === object?.metadata.generation;
}

interface Sent {
  readonly startedAt: number;
  readonly endedAt: number;
  /** When each was sent. */
  readonly at: ReadonlyMap<string, number>;
}

async function forEach(
  ingresses: readonly BenchIngress[],
  act: (ingress: BenchIngress) => Promise<unknown>,
): Promise<Sent> {
  const limit = pLimit(CONCURRENCY);
  const startedAt = performance.now();
  const at = new Map<string, number>();
  const one = (ingress: BenchIngress): Promise<unknown> => {
    at.set(ingress.name, performance.now());
    return act(ingress);
  };
  await Promise.all(ingresses.map((ingress) => limit(() => one(ingress))));
  return { startedAt, endedAt: performance.now(), at };
}

function passage({ startedAt, endedAt, at }: Sent, done: ReadonlyMap<string, number>): Passage {
  const eachMs = [...done].map(([name, time]) => time - (at.get(name) ?? Number.NaN));
  return { totalMs: Math.max(...done.values()) - startedAt, eachMs, requestedMs: endedAt - startedAt };
}

interface Counting extends Pick<Work, 'show'> {
  readonly query: string;
  readonly count: number;
}

async function untilCount({ temporal }: Installation, { query, count, show }: Counting): Promise<void> {
  const end = performance.now() + STUCK_MS;
  for (let shown = -1; ; await delay(LOOK_MS)) {
    const found = (await temporal.workflow.count(query)).count;
    if (found === count) return;
    if (found !== shown && Math.random() < 0.1) show(`${query}: ${found}, wanted ${count}`);
    shown = found;
    if (performance.now() > end)
      throw new Error(`${query}: ${found} workflows after ${STUCK_MS / 1_000} s, wanted ${count}`);
  }
}
