import { isLoopback } from '../../../lib/address.ts';
import type { RegisteredCluster } from '../../../lib/kubernetes/cluster-registry.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import { GLOBAL_INGRESS, LEASE } from '../../../lib/kubernetes/resources.ts';
import type { Counted } from '../../../plan/measured.ts';
import { dnsPlane } from '../../dns/dns-plane.ts';
import type { Observation, Plane } from '../../plane.ts';
import { GONE_MS, judgeServing, loopbackElsewhere, SILENT_MS, sameAddress, type Wanted } from './serving-judgement.ts';
import { SERVING_LABEL, type ServingInstance, servingInstance } from './serving-lease.ts';
import { reportedBy } from './serving-status.ts';

export interface ServingPlaneOptions {
  readonly hub: RegisteredCluster;
  /** Where the Leases are. */
  readonly namespace: string;
  /** Instances that somebody else asks, over the wire. */
  readonly except: readonly string[];
  /** What this machine is called in the names of its instances. */
  readonly machine: string;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
}

export interface ServingPlane extends Plane {
  close(): void;
}

/**
 * The DNS servers that follow the hub, wherever they are. Those whose Lease says where are asked over the wire, and nothing but
 * what they serve and count is taken from the answer; the others are believed by what they report in the hub. One that is silent
 * there is waited for, since it may still answer with what was before: until it is back, until its Lease is removed, or for five
 * minutes.
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

  observe(host: string, revision: number, signal: AbortSignal): Promise<readonly Observation[]> {
    return Promise.all(this.#serving(host).map((heard) => this.#judge(heard, { host, revision }, signal)));
  }

  /** Of those that can be asked: what they have counted is not in the hub, which is not made for so many writes. */
  async measure(host: string, signal: AbortSignal): Promise<Counted> {
    const addresses = this.#serving(host).flatMap((heard) => {
      const { address } = heard.instance;
      return address === undefined || this.#whyNot(address, heard) !== undefined ? [] : [address];
    });
    return dnsPlane({ servers: addresses, zones: [] }).measure(host, signal);
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

  #serving(host: string): readonly Heard[] {
    return [...this.#heard.values()].filter((heard) => this.#silentMs(heard) < GONE_MS && serves(heard.instance, host));
  }

  #silentMs({ at }: Heard): number {
    return this.#now() - at;
  }

  async #judge(heard: Heard, wanted: Wanted, signal: AbortSignal): Promise<Observation> {
    const { instance } = heard;
    const asked = await this.#ask(heard, wanted, signal);
    const object = this.#hosts.get(wanted.host);
    const reported = object === undefined ? undefined : reportedBy(object, instance.name);
    return judgeServing({ instance, reported, asked, silentMs: this.#silentMs(heard) }, wanted);
  }

  async #ask(heard: Heard, { host, revision }: Wanted, signal: AbortSignal): Promise<Observation | undefined> {
    const { address } = heard.instance;
    if (address === undefined) return undefined;
    const whyNot = this.#whyNot(address, heard);
    if (whyNot !== undefined) return whyNot;
    const [asked] = await dnsPlane({ servers: [address], zones: [] }).observe(host, revision, signal);
    return asked;
  }

  /**
   * Why it is not known who would answer there: a server that is asked twice would vouch for one that is never asked. One
   * that is silent in the hub may have left its address to a successor of another name.
   */
  #whyNot(address: string, heard: Heard): Observation | undefined {
    const { name } = heard.instance;
    if (isLoopback(address) && !name.startsWith(`${this.#options.machine}/`)) return loopbackElsewhere(address);
    if (this.#silentMs(heard) >= SILENT_MS) return undefined;
    const others = [...this.#heard.values()].filter((one) => one !== heard && this.#silentMs(one) < SILENT_MS);
    const other = others.find(({ instance }) => instance.address === address);
    return other && sameAddress(address, other.instance.name);
  }
}

function serves({ zones }: ServingInstance, host: string): boolean {
  return zones.some((zone) => host === zone || host.endsWith(`.${zone}`));
}
