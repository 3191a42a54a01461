import { setTimeout as delay } from 'node:timers/promises';
import { at, listAt, numberAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../src/lib/kubernetes/objects.ts';
import { listObjects } from '../../../src/lib/kubernetes/requests.ts';
import { FEDERATED_INGRESS, GLOBAL_INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { FLIP, labelsOf } from './documents.ts';
import type { Work } from './doors.ts';
import { isReady } from './doors.ts';
import { labelCluster } from './installation.ts';
import { whenEach } from './when-each.ts';

const NEVER = new AbortController().signal;
/** What would be planned needlessly is planned by then. */
const AFTERMATH_MS = 3_000;

export interface Flipped {
  readonly totalMs: number;
  readonly eachMs: readonly number[];
  /** FederatedIngresses that have a new generation, and those that should not or do not. */
  readonly replanned: number;
  readonly wrong: readonly string[];
}

/** North gets the label by which one in ten is placed: those, and no others, are to be served there as well. */
export async function flipLabel({ installation: { hub }, ingresses, show }: Work): Promise<Flipped> {
  const before = generationsOf((await listObjects(hub, { resource: FEDERATED_INGRESS }, { signal: NEVER })).items);
  const names = ingresses.filter(({ isFlipped }) => isFlipped).map(({ name }) => name);
  const startedAt = performance.now();
  const moved = whenEach(hub.watches.of({ resource: FEDERATED_INGRESS }), {
    what: 'in north as well',
    names,
    ok: (object, name) => generationOf(object) === (before.get(name) ?? 0) + 1 && isSettled(object),
    show,
  });
  await labelCluster(hub, 'north', { ...labelsOf('north'), ...FLIP });
  const movedAt = await moved;
  await delay(AFTERMATH_MS);
  const after = generationsOf((await listObjects(hub, { resource: FEDERATED_INGRESS }, { signal: NEVER })).items);
  const replanned = [...after].filter(([name, generation]) => generation !== before.get(name)).map(([name]) => name);
  const wrong = ingresses
    .filter(({ name, isFlipped }) => replanned.includes(name) !== isFlipped)
    .map(({ name }) => name);
  const eachMs = [...movedAt.values()].map((time) => time - startedAt);
  return { totalMs: Math.max(...eachMs), eachMs, replanned: replanned.length, wrong };
}

export interface Moved {
  /** Until the last status of an Ingress was written, and until the last GlobalIngress had the address. */
  readonly writtenMs: number;
  readonly totalMs: number;
  /** From the answer to the write of each leaf's status to the write of its GlobalIngress as a watch sees it. */
  readonly eachMs: readonly number[];
}

/** The gateway of a cluster gets another address: each Ingress there says so. */
export async function moveGateway({ installation: { hub, members }, ingresses, show }: Work): Promise<Moved> {
  const [member] = members;
  if (!member) throw new Error('there are no members');
  const { gateway, name: cluster } = member;
  const names = ingresses.filter(({ clusters }) => clusters.includes(cluster)).map(({ host }) => host);
  const startedAt = performance.now();
  gateway.move();
  const moved = await whenEach(hub.watches.of({ resource: GLOBAL_INGRESS }), {
    what: 'published with the new address',
    names,
    ok: (object) => addressesIn(object, cluster).includes(gateway.address),
    show,
  });
  const nameOf = new Map(ingresses.map(({ host, name }) => [host, name]));
  const eachMs = [...moved].map(([host, time]) => time - (gateway.writtenAt.get(nameOf.get(host) ?? '') ?? Number.NaN));
  return {
    writtenMs: Math.max(...gateway.writtenAt.values()) - startedAt,
    totalMs: Math.max(...moved.values()) - startedAt,
    eachMs,
  };
}

function addressesIn(object: AnyObject | undefined, cluster: string): readonly unknown[] {
  const target = listAt(object, 'spec', 'targets').find((one) => textAt(one, 'cluster') === cluster);
  return listAt(target, 'addresses');
}

function generationsOf(objects: readonly AnyObject[]): ReadonlyMap<string, number> {
  return new Map(objects.map((object) => [object.metadata.name, generationOf(object)]));
}

/** Of the workflow, which counts accepted specs and placements. */
function generationOf(object: AnyObject | undefined): number {
  return numberAt(object, 'status', 'generation') ?? 0;
}

function isSettled(object: AnyObject | undefined): boolean {
  return isReady(object) && at(object, 'status', 'state') === 'Ready';
}
