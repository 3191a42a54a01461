import type { Cluster } from './cluster.ts';
import { numberAt, recordAt, textAt } from './fields.ts';
import type { AnyObject } from './objects.ts';
import { createObject, getObject, replaceObject } from './requests.ts';
import { LEASE } from './resources.ts';

interface RecordOptions {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly durationMs: number;
  /** Milliseconds that only grow. */
  now(): number;
}

/** One Lease object (coordination.k8s.io/v1), as one candidate sees and writes it. */
export class LeaseRecord {
  readonly #cluster: Cluster;
  readonly #options: RecordOptions;
  readonly #ref: { readonly resource: typeof LEASE; readonly namespace: string; readonly name: string };
  /** As it was written last, while it is ours. */
  #own: AnyObject | undefined;
  /** What somebody else's record said, and when it was first seen to say so. */
  #seen: { readonly text: string; readonly at: number } | undefined;

  constructor(cluster: Cluster, options: RecordOptions) {
    this.#cluster = cluster;
    this.#options = options;
    this.#ref = { resource: LEASE, namespace: options.namespace, name: options.name };
  }

  /** Gets or renews the lease. Throws KubernetesError when the API server cannot be asked. */
  async take(signal: AbortSignal): Promise<'held' | 'notHeld'> {
    if (this.#own && (await this.#replace(this.#own, signal)) === 'held') return 'held';
    this.#own = undefined;
    const found = await getObject(this.#cluster, this.#ref, { signal });
    if (!found) return await this.#create(signal);
    return this.#isFree(found) ? await this.#replace(found, signal) : 'notHeld';
  }

  /** Lets go of a lease that is ours still; any other is left as it is. */
  async release(signal: AbortSignal): Promise<void> {
    if (!this.#own) return;
    const spec = { ...recordAt(this.#own, 'spec'), holderIdentity: '', leaseDurationSeconds: 1, renewTime: now() };
    const manifest = { ...this.#own, spec };
    this.#own = undefined;
    await replaceObject(this.#cluster, this.#ref, { manifest, signal });
  }

  async #create(signal: AbortSignal): Promise<'held' | 'notHeld'> {
    const { namespace, name } = this.#options;
    const { apiVersion, kind } = LEASE;
    const manifest = { apiVersion, kind, metadata: { namespace, name }, spec: this.#spec(undefined) };
    const outcome = await createObject(this.#cluster, this.#ref, { manifest, signal });
    if (outcome.kind === 'created') this.#own = outcome.object;
    return outcome.kind === 'created' ? 'held' : 'notHeld';
  }

  async #replace(found: AnyObject, signal: AbortSignal): Promise<'held' | 'notHeld'> {
    const manifest = { ...found, spec: this.#spec(found) };
    const outcome = await replaceObject(this.#cluster, this.#ref, { manifest, signal });
    this.#own = outcome.kind === 'replaced' ? outcome.object : undefined;
    return this.#own ? 'held' : 'notHeld';
  }

  /** Ours, nobody's, or one whose holder has not been heard of for as long as he said he may be silent. */
  #isFree(found: AnyObject): boolean {
    const { identity, durationMs } = this.#options;
    const nowMs = this.#options.now();
    const holder = textAt(found, 'spec', 'holderIdentity') ?? '';
    if (holder === '' || holder === identity) return true;
    const text = JSON.stringify(found['spec']);
    if (this.#seen?.text !== text) this.#seen = { text, at: nowMs };
    const seconds = numberAt(found, 'spec', 'leaseDurationSeconds');
    return nowMs - this.#seen.at > (seconds === undefined ? durationMs : seconds * 1000);
  }

  #spec(found: AnyObject | undefined): object {
    const { identity, durationMs } = this.#options;
    const isOurs = textAt(found, 'spec', 'holderIdentity') === identity;
    const transitions = numberAt(found, 'spec', 'leaseTransitions') ?? 0;
    return {
      ...recordAt(found, 'spec'),
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: (isOurs ? textAt(found, 'spec', 'acquireTime') : undefined) ?? now(),
      renewTime: now(),
      leaseTransitions: found && !isOurs ? transitions + 1 : transitions,
    };
  }
}

/** meta/v1 MicroTime. For people to read; nobody's decision hangs on it. */
function now(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
