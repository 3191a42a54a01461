import { once } from 'node:events';
import type { KnownClusters } from '../../../src/activities/index.ts';
import type { Endpoints } from '../../../src/plan/back-steps.ts';
import { backendId } from '../../../src/plan/backend-id.ts';
import { leavesWithout, sameLeaf } from '../../../src/plan/leaves.ts';
import type { LeafRef } from '../../../src/plan/types.ts';
import type { EndpointCounter } from '../../../src/planes/leaf/endpoints.ts';
import { LeafError } from '../../../src/planes/leaf/errors.ts';
import type {
  DriftField,
  LeafDrift,
  LeafIntent,
  LeafPlane,
  Readiness,
  ReadinessTarget,
} from '../../../src/planes/leaf/leaf.ts';
import type { ProbeOutcome } from '../../../src/planes/leaf/probe.ts';
import type { Backend } from '../../../src/spec/types.ts';

export interface ScriptedCluster {
  labels: Record<string, string>;
  addresses: readonly string[];
  /**
   * `hangs`: no answer and no end; `away`: refuses connections; `refuses`: forbids writes; `unobserved`: what is
   * written, no controller takes up; `unseen`: nothing is known of what was written.
   */
  mode: 'works' | 'hangs' | 'away' | 'refuses' | 'unobserved' | 'unseen';
  /** Refuses to remove anything, and works otherwise. */
  keeps: boolean;
  /** Names of backends that do not become ready. */
  unready: readonly string[];
  /** What the gateway answers to the requests of a verification. */
  answers: ProbeOutcome;
}

const PASSES: ProbeOutcome = { kind: 'passed' };

/** Ready endpoints by name of the backend, all of them in clusters that answer. */
class ScriptedEndpoints implements EndpointCounter {
  #ready: Readonly<Record<string, number>> = {};
  readonly #again = new Set<() => void>();
  /** How often somebody began to follow them. */
  followed = 0;

  /** Who is not listed is not known. */
  set(ready: Readonly<Record<string, number>>): void {
    this.#ready = ready;
    for (const again of Array.from(this.#again)) again();
  }

  async follow(backends: readonly Backend[], onChange: (ready: Endpoints) => void, signal: AbortSignal): Promise<void> {
    const tell = (): void => {
      const known = backends.flatMap((one) => {
        const ready = this.#ready[one.name];
        return ready === undefined ? [] : [[backendId(one), ready]];
      });
      if (!signal.aborted) onChange(Object.fromEntries(known));
    };
    this.followed += 1;
    this.#again.add(tell);
    tell();
    await aborted(signal);
    this.#again.delete(tell);
  }
}

interface DriftFollower {
  readonly tell: (drift: LeafDrift) => void;
  readonly again: (cluster: string) => void;
}

/**
 * Member clusters that do what a test says at the moment it says so. Their behaviour is what is scripted here (a write that
 * never answers, an object that is changed the moment after it was written); real API servers are in the tests of the
 * leaf plane.
 */
export class ScriptedClusters implements LeafPlane, KnownClusters {
  readonly clusters: Record<string, ScriptedCluster>;
  /** What was written, in order. */
  readonly applied: LeafIntent[] = [];
  readonly removed: LeafRef[] = [];
  /** What is there: was written, and not removed since then. */
  leaves: readonly LeafRef[] = [];
  /** What leaves were to be compared with, each time that somebody began to follow them. */
  readonly followed: (readonly LeafIntent[])[] = [];
  /** Somebody who changes a leaf again each time it is written. */
  contest: readonly DriftField[] = [];
  readonly endpoints = new ScriptedEndpoints();
  /** Gateways answer the requests of a verification not before that. */
  answering: Promise<void> = Promise.resolve();
  readonly #targets = new Map<ReadinessTarget, (readiness: Readiness) => void>();
  readonly #changed = new Map<string, LeafDrift>();
  readonly #drifts = new Set<DriftFollower>();
  readonly #listeners = new Set<() => void>();
  readonly #refusals = new Map<string, number>();

  constructor(clusters: Record<string, Partial<ScriptedCluster>>) {
    this.clusters = Object.fromEntries(
      Object.entries(clusters).map(([name, cluster], index) => {
        return [
          name,
          {
            labels: {},
            addresses: [`127.0.0.${index + 31}`],
            mode: 'works',
            keeps: false,
            unready: [],
            answers: PASSES,
            ...cluster,
          },
        ];
      }),
    );
  }

  list() {
    return Object.entries(this.clusters).map(([name, { labels }]) => ({ name, labels }));
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  label(name: string, labels: Record<string, string>): void {
    this.cluster(name).labels = labels;
    for (const listener of this.#listeners) listener();
  }

  move(name: string, addresses: readonly string[]): void {
    this.cluster(name).addresses = addresses;
    for (const [target, tell] of this.#targets) if (target.ref.cluster === name) this.#tellReady(target, tell);
  }

  /** A cluster that was away answers again: what is to be there is compared with what is. */
  comeBack(name: string): void {
    this.cluster(name).mode = 'works';
    for (const { again } of this.#drifts) again(name);
  }

  /** From now on these backends are not ready there, and all others are. */
  unready(name: string, ...backends: readonly string[]): void {
    this.cluster(name).unready = backends;
    for (const [target, tell] of this.#targets) if (target.ref.cluster === name) this.#tellReady(target, tell);
  }

  /** Somebody changes a leaf by hand; no fields: undoes it. */
  change(ref: LeafRef, fields: readonly DriftField[]): void {
    this.#changed.set(JSON.stringify(ref), { ref, fields });
    this.tell({ ref, fields });
  }

  /** Whoever follows reports this, true or not. */
  tell(drift: LeafDrift): void {
    for (const { tell } of this.#drifts) tell(drift);
  }

  async apply(intent: LeafIntent, signal: AbortSignal): Promise<void> {
    await this.#answer(intent.ref, signal);
    this.applied.push(intent);
    this.leaves = [...leavesWithout(this.leaves, [intent.ref]), intent.ref];
    this.change(intent.ref, this.contest);
  }

  async observed(ref: LeafRef, signal: AbortSignal): Promise<void> {
    await this.#answer(ref, signal);
    if (this.cluster(ref.cluster).mode !== 'unobserved') return;
    const message = `${ref.kind} ${ref.namespace}/${ref.name} waits for its controller`;
    throw new LeafError({ cluster: ref.cluster, reason: 'NotObserved', message, retryable: true });
  }

  async remove(ref: LeafRef, _owner: unknown, signal: AbortSignal): Promise<void> {
    await this.#answer(ref, signal);
    if (this.cluster(ref.cluster).keeps) throw refusal(ref);
    this.removed.push(ref);
    this.leaves = leavesWithout(this.leaves, [ref]);
  }

  async ask(target: ReadinessTarget, _address: string, signal: AbortSignal): Promise<ProbeOutcome> {
    await Promise.race([this.answering, aborted(signal)]);
    return this.cluster(target.ref.cluster).answers;
  }

  async follow(target: ReadinessTarget, onChange: (readiness: Readiness) => void, signal: AbortSignal): Promise<void> {
    this.#targets.set(target, onChange);
    this.#tellReady(target, onChange);
    await aborted(signal);
    this.#targets.delete(target);
  }

  async followDrift(
    intents: readonly LeafIntent[],
    onChange: (drift: LeafDrift) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.followed.push(intents);
    const tell = (drift: LeafDrift): void => {
      if (intents.some(({ ref }) => sameLeaf(ref, drift.ref))) onChange(drift);
    };
    const again = (cluster: string): void => {
      for (const { ref } of intents) if (ref.cluster === cluster) tell(this.#driftOf(ref));
    };
    const follower = { tell, again };
    this.#drifts.add(follower);
    for (const { ref } of intents) {
      if (this.cluster(ref.cluster).mode === 'works')
        tell(this.#changed.get(JSON.stringify(ref)) ?? { ref, fields: [] });
    }
    await aborted(signal);
    this.#drifts.delete(follower);
  }

  /** The leaf of a cluster as it was written last. */
  last(cluster: string): LeafIntent | undefined {
    return this.applied.findLast(({ ref }) => ref.cluster === cluster);
  }

  /** Shares that the leaf of a cluster was written with last, by name of the backend. */
  split(cluster: string): Record<string, number> {
    const backends = this.last(cluster)?.backends ?? [];
    return Object.fromEntries(backends.map(({ backend, share }) => [backend.name, share]));
  }

  /** How often a cluster that was away was asked. */
  refusals(cluster: string): number {
    return this.#refusals.get(cluster) ?? 0;
  }

  cluster(name: string): ScriptedCluster {
    const cluster = this.clusters[name];
    if (!cluster) throw new Error(`no scripted cluster ${name}`);
    return cluster;
  }

  /** What was never written is not there. */
  #driftOf(ref: LeafRef): LeafDrift {
    const isThere = this.applied.some((intent) => sameLeaf(intent.ref, ref));
    const missing = [{ path: '', wanted: ref.kind, found: 'nothing' }];
    return this.#changed.get(JSON.stringify(ref)) ?? { ref, fields: isThere ? [] : missing };
  }

  #tellReady(target: ReadinessTarget, tell: (readiness: Readiness) => void): void {
    const { addresses, unready, mode } = this.cluster(target.ref.cluster);
    const backend = backendId(target.of);
    if (mode === 'unseen') tell({ kind: 'unknown', backend, reason: 'Away', message: 'connection refused' });
    else if (unready.includes(target.of.name)) {
      tell({ kind: 'notReady', backend, reason: 'ProbeFailed', message: `${target.of.name} answers 503` });
    } else tell({ kind: 'ready', backend, addresses });
  }

  async #answer(ref: LeafRef, signal: AbortSignal): Promise<void> {
    const { mode } = this.cluster(ref.cluster);
    if (mode === 'hangs') await aborted(signal);
    signal.throwIfAborted();
    if (mode === 'works' || mode === 'unobserved' || mode === 'unseen') return;
    this.#refusals.set(ref.cluster, this.refusals(ref.cluster) + 1);
    if (mode === 'refuses') throw forbidden(ref);
    throw refusal(ref);
  }
}

function forbidden({ cluster, kind, namespace, name }: LeafRef): LeafError {
  const message = `${kind} ${namespace}/${name} in ${cluster} is forbidden`;
  return new LeafError({ cluster, reason: 'Forbidden', message, retryable: false });
}

function refusal({ cluster, kind, namespace, name }: LeafRef): LeafError {
  const message = `${kind} ${namespace}/${name}: connection refused`;
  return new LeafError({ cluster, reason: 'ConnectionRefused', message, retryable: true });
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
