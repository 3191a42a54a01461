import type { RegisteredCluster } from '../../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS, LEASE } from '../../../lib/kubernetes/resources.ts';
import type { Counted } from '../../../plan/measured.ts';
import type { Observation, Plane } from '../../plane.ts';
import { SERVING_LABEL, type ServingInstance, servingInstance } from './serving-lease.ts';
import { reportedBy } from './serving-status.ts';

export interface ServingPlaneOptions {
  readonly hub: RegisteredCluster;
  /** Where the Leases are. */
  readonly namespace: string;
  /** Instances that somebody else asks, over the wire. */
  readonly except: readonly string[];
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

/** Without a sign of life for this long an instance is in trouble; it may still answer clients with what it knows. */
const SILENT_MS = 30_000;
/** After this long it is taken for gone, or nothing could ever change again. */
export const GONE_MS = 300_000;

export interface ServingPlane extends Plane {
  close(): void;
}

/**
 * The DNS servers that follow the hub, wherever they are: what they say in the hub that they serve. One that is silent is
 * waited for, since it may still answer with what was before: until it is back, until its Lease is removed, or for five minutes.
 */
export function createServingPlane(options: ServingPlaneOptions): ServingPlane {
  return new HubInstances(options);
}

interface Heard {
  readonly instance: ServingInstance;
  /** When it was last seen to give a sign of life. */
  readonly at: number;
}

class HubInstances implements ServingPlane {
  readonly name = 'dns servers of the hub';
  readonly #options: ServingPlaneOptions;
  readonly #now: () => number;
  readonly #stops: (() => void)[] = [];
  readonly #hosts = new Map<string, AnyObject>();
  #heard: ReadonlyMap<string, Heard> = new Map();

  constructor(options: ServingPlaneOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    const { watches } = options.hub;
    const leases = watches.of({ resource: LEASE, namespace: options.namespace, labelSelector: SERVING_LABEL });
    this.#stops.push(
      leases.followAll(({ objects, unreachable }) => {
        if (unreachable === undefined) this.#hear(objects);
      }),
      watches.of({ resource: GLOBAL_INGRESS }).followAll(({ objects }) => {
        this.#hosts.clear();
        for (const object of objects) this.#hosts.set(object.metadata.name, object);
      }),
    );
  }

  async observe(host: string, revision: number): Promise<readonly Observation[]> {
    const now = this.#now();
    return [...this.#heard.values()]
      .filter(({ instance, at }) => now - at < GONE_MS && serves(instance, host))
      .map((heard) => this.#judge(heard, host, revision));
  }

  /**
   * What they have counted is not in the hub: to write it there each few seconds, for every hostname, is what a hub is not
   * made for, and their addresses are not known here.
   */
  async measure(): Promise<Counted> {
    return {};
  }

  /** An instance that is away hinders changes of hostnames, and says so there. */
  async health(): Promise<[]> {
    return [];
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #hear(leases: readonly AnyObject[]): void {
    const instances = leases.flatMap((lease) => servingInstance(lease) ?? []);
    const others = instances.filter(({ name }) => !this.#options.except.includes(name));
    this.#heard = new Map(
      others.map((instance) => {
        const before = this.#heard.get(instance.name);
        return [instance.name, before?.instance.sign === instance.sign ? before : { instance, at: this.#now() }];
      }),
    );
  }

  #judge({ instance: { name: instance }, at }: Heard, host: string, revision: number): Observation {
    const object = this.#hosts.get(host);
    const served = object === undefined ? undefined : reportedBy(object, instance);
    if (served !== undefined && served >= revision) return { kind: 'inForce', instance };
    const silentMs = this.#now() - at;
    if (silentMs < SILENT_MS) {
      const message = `DNS server ${instance} serves revision ${served ?? 'none'} of ${host}, wanted is ${revision}`;
      return { kind: 'pending', instance, reason: 'OldRevision', message };
    }
    const message =
      `DNS server ${instance} has not been heard of for ${Math.round(silentMs / 1000)} s and may still answer as before; ` +
      `it is taken for gone after ${GONE_MS / 60_000} minutes, or when its Lease is removed`;
    return { kind: 'unknown', instance, reason: 'Silent', message };
  }
}

function serves({ zones }: ServingInstance, host: string): boolean {
  return zones.some((zone) => host === zone || host.endsWith(`.${zone}`));
}
