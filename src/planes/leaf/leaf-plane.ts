import { Resolver } from 'node:dns/promises';
import type { ClusterRegistry, RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import type { Logger } from '../../lib/log.ts';
import { sameLeaf } from '../../plan/leaves.ts';
import type { LeafRef } from '../../plan/types.ts';
import { withCopy } from './certificate.ts';
import { DriftWatch } from './drift-watch.ts';
import { LeafError } from './errors.ts';
import { LeafFollower } from './follower.ts';
import { gatewayProbe } from './gateway-probe.ts';
import type { LeafDrift, LeafIntent, LeafPlane, Readiness, ReadinessTarget } from './leaf.ts';
import { untilObserved } from './observed.ts';
import { type ProbeOutcome, sendProbe } from './probe.ts';
import { unregistered, untilAborted, whileRegistered } from './registered.ts';
import { removeLeaf } from './remove.ts';
import { isSameReadiness } from './verdict.ts';
import { applyLeaf } from './write.ts';
import { Written } from './written.ts';

export interface LeafPlaneOptions {
  /** The member clusters; they may come and go. */
  readonly registry: ClusterRegistry;
  /** Where the certificates of hostnames are copied from; without it none are copied. */
  readonly hub?: RegisteredCluster | undefined;
  readonly log: Logger;
  /** Looks up the names of load balancers; by default the machine's own DNS servers, with deadlines. */
  readonly resolver?: Resolver;
}

/** The leaf objects of the registered clusters. What is wrong with one cluster touches no other. */
export function createLeafPlane(options: LeafPlaneOptions): LeafPlane {
  return new RegistryLeafPlane(options);
}

class RegistryLeafPlane implements LeafPlane {
  readonly #registry: ClusterRegistry;
  readonly #hub: RegisteredCluster | undefined;
  readonly #log: Logger;
  readonly #resolver: Resolver;
  readonly #written = new Written();
  /** Those who compare leaves with what was written, and want to know when that changes. */
  readonly #comparing = new Set<(written: LeafIntent) => void>();

  constructor({ registry, hub, log, resolver = new Resolver({ timeout: 2_000, tries: 2 }) }: LeafPlaneOptions) {
    this.#registry = registry;
    this.#hub = hub;
    this.#log = log;
    this.#resolver = resolver;
  }

  async apply(intent: LeafIntent, signal: AbortSignal): Promise<void> {
    if (!this.#isWritten(intent.ref)) return;
    const { ref, host } = intent;
    const cluster = this.#cluster(ref);
    const common = { cluster, hub: this.#hub, log: this.#log, signal };
    const { outcome, object } = await applyLeaf({ ...common, intent: this.#settled(intent) });
    this.#written.note(ref, object);
    for (const tell of this.#comparing) tell(intent);
    this.#log.info({ ...ref, host, outcome }, 'leaf applied');
  }

  async observed(ref: LeafRef, signal: AbortSignal): Promise<void> {
    if (this.#isWritten(ref)) await untilObserved(this.#cluster(ref), ref, signal);
  }

  async remove(ref: LeafRef, owner: LeafIntent['owner'], signal: AbortSignal): Promise<void> {
    const outcome = await removeLeaf(this.#cluster(ref), { ref, owner }, signal);
    if (outcome === 'notOurs') this.#log.warn({ ...ref, outcome }, 'object is not ours and was left alone');
    else this.#log.info({ ...ref, outcome }, 'leaf removed');
  }

  async ask(target: ReadinessTarget, address: string, signal: AbortSignal): Promise<ProbeOutcome> {
    const cluster = this.#registry.get(target.ref.cluster);
    if (!cluster) {
      const { message } = unregistered(target.ref, this.#registry);
      return { kind: 'failed', reason: 'ProbeUnanswered', message };
    }
    return await sendProbe(gatewayProbe(target, { cluster, address, port: target.lastPort }), signal);
  }

  async follow(target: ReadinessTarget, onChange: (one: Readiness) => void, signal: AbortSignal): Promise<void> {
    const { ref, backend } = target;
    let last: Readiness | undefined;
    let lastReady: Ready | undefined;
    const tell = (readiness: Readiness): void => {
      if (isSameReadiness(readiness, last)) return;
      last = readiness;
      if (readiness.kind === 'ready') lastReady = readiness;
      this.#log.info({ ...ref, readiness }, 'leaf readiness changed');
      onChange(readiness);
    };
    const onPresent = async (cluster: RegisteredCluster, until: AbortSignal): Promise<void> => {
      const common = { cluster, hub: this.#hub, resolver: this.#resolver, written: this.#written, onChange: tell };
      const follower = new LeafFollower({ ...common, target: { ...target, ...lastReach(lastReady) } });
      const stop = this.#registry.onChange(() => follower.update());
      await follower.run(until).finally(stop);
    };
    const onAbsent = (): void => tell({ kind: 'unknown', backend, ...unregistered(ref, this.#registry) });
    await whileRegistered(this.#registry, ref.cluster, { onPresent, onAbsent, signal });
  }

  async followDrift(
    intents: readonly LeafIntent[],
    onChange: (drift: LeafDrift) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const tell = (drift: LeafDrift): void => {
      this.#log.info({ ...drift.ref, fields: drift.fields.map(({ path }) => path) }, 'leaf drift changed');
      onChange(drift);
    };
    const follow = async (intent: LeafIntent): Promise<void> => {
      const onFault = (error: unknown): void => ended.abort(error);
      let newest = this.#settled(intent);
      const common = { hub: this.#hub, written: this.#written, onChange: tell, onFault, intent: () => newest };
      const onPresent = async (cluster: RegisteredCluster, until: AbortSignal): Promise<void> => {
        const watch = new DriftWatch({ ...common, cluster });
        const onApplied = (applied: LeafIntent): void => {
          if (!sameLeaf(applied.ref, intent.ref)) return;
          newest = this.#settled(applied);
          watch.compare();
        };
        const stop = this.#registry.onChange(() => watch.compare());
        this.#comparing.add(onApplied);
        watch.start();
        await untilAborted(until);
        this.#comparing.delete(onApplied);
        stop();
        watch.stop();
      };
      // What an unregistered cluster has is not known; its backends say so.
      await whileRegistered(this.#registry, intent.ref.cluster, {
        onPresent,
        onAbsent: () => undefined,
        signal: either,
      });
    };
    await Promise.all(intents.filter(({ ref }) => this.#isWritten(ref)).map(follow));
    await untilAborted(either);
    ended.signal.throwIfAborted();
  }

  /** Without a hub there is no certificate to copy; each cluster has its own. */
  #isWritten({ kind }: LeafRef): boolean {
    return kind !== 'Secret' || this.#hub !== undefined;
  }

  #settled(intent: LeafIntent): LeafIntent {
    return this.#hub === undefined ? intent : withCopy(intent);
  }

  #cluster(ref: LeafRef): RegisteredCluster {
    const cluster = this.#registry.get(ref.cluster);
    if (cluster) return cluster;
    // It may be registered again.
    throw new LeafError({ cluster: ref.cluster, retryable: true, ...unregistered(ref, this.#registry) });
  }
}

type Ready = Extract<Readiness, { kind: 'ready' }>;

/** A cluster that is registered anew goes on from where the backend was seen. */
function lastReach(last: Ready | undefined): Partial<ReadinessTarget> {
  if (!last) return {};
  const { addresses: lastAddresses, port } = last;
  return { lastAddresses, ...(port !== undefined && { lastPort: port }) };
}
