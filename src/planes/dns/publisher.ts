import { isDeepStrictEqual } from 'node:util';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import type { ServedHost } from './served.ts';
import type { TreeUpdate } from './zone/tree.ts';

export interface PublisherOptions {
  readonly zones: readonly string[];
  /** SOA serial served last, by zone. */
  readonly serials: Readonly<Record<string, number>>;
  /** What this machine knows of a hostname's targets. */
  readonly serve: (state: GlobalIngress) => ServedHost;
}

/** Everything that is served, and what changes of it: one serial for each change of a zone (RFC 1034 section 4.3.5). */
export class Publisher {
  readonly #serve: PublisherOptions['serve'];
  readonly #serials: Map<string, number>;
  readonly #hosts = new Map<string, ServedHost>();
  #filled = false;

  constructor({ zones, serials, serve }: PublisherOptions) {
    this.#serve = serve;
    this.#serials = new Map(zones.map((zone) => [zone, serials[zone] ?? 1]));
  }

  /** Whether it was told all hostnames that there are, be it none. */
  get isFilled(): boolean {
    return this.#filled;
  }

  /** Exactly these hostnames. */
  replace(states: readonly GlobalIngress[]): TreeUpdate {
    this.#filled = true;
    const changed = states.filter((state) => !sameState(this.#hosts.get(state.host)?.state, state));
    const kept = new Set(states.map(({ host }) => host));
    const removed = [...this.#hosts.keys()].filter((host) => !kept.has(host));
    for (const host of removed) this.#hosts.delete(host);
    return this.#update(changed, removed);
  }

  /** Health, addresses or challenges of these hostnames are other ones. */
  refresh(hosts: Iterable<string>): TreeUpdate {
    return this.#update(
      [...hosts].flatMap((host) => this.#hosts.get(host)?.state ?? []),
      [],
    );
  }

  /** A zone has changed in itself: its file, its keys. */
  renumber(zone: string): void {
    const serial = this.#serials.get(zone);
    if (serial !== undefined) this.#serials.set(zone, nextSerial(serial));
  }

  /** All of it, for a server that has nothing yet. */
  everything(): TreeUpdate {
    return { hosts: [...this.#hosts.values()], removed: [], serials: this.serials(), confirmed: true };
  }

  hosts(): readonly ServedHost[] {
    return [...this.#hosts.values()];
  }

  states(): readonly GlobalIngress[] {
    return [...this.#hosts.values()].map(({ state }) => state);
  }

  host(name: string): ServedHost | undefined {
    return this.#hosts.get(name);
  }

  serials(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#serials);
  }

  #update(changed: readonly GlobalIngress[], removed: readonly string[]): TreeUpdate {
    const zones = new Set(removed.map((host) => this.#zoneOf(host)));
    const hosts = changed.map((state) => this.#serve(state));
    for (const served of hosts) {
      const { host } = served.state;
      if (!answersAlike(this.#hosts.get(host), served)) zones.add(this.#zoneOf(host));
      this.#hosts.set(host, served);
    }
    for (const zone of zones) if (zone !== undefined) this.renumber(zone);
    return { hosts, removed, serials: this.serials(), confirmed: false };
  }

  /** The innermost one. */
  #zoneOf(host: string): string | undefined {
    let found: string | undefined;
    for (const zone of this.#serials.keys()) {
      const holds = host === zone || host.endsWith(`.${zone}`);
      if (holds && zone.length > (found?.length ?? 0)) found = zone;
    }
    return found;
  }
}

/** A target that was unknown and is up changes what is explained, not what is answered. */
function answersAlike(before: ServedHost | undefined, after: ServedHost): boolean {
  return before !== undefined && isDeepStrictEqual(answersOf(before), answersOf(after));
}

function answersOf({ state, targets, failsOpen, challenges }: ServedHost): unknown {
  const answered = targets.map(({ cluster, addresses, health }) => [cluster, addresses, health.kind === 'down']);
  return [state, answered, failsOpen, challenges];
}

function sameState(before: GlobalIngress | undefined, after: GlobalIngress): boolean {
  return before === after || isDeepStrictEqual(before, after);
}

/** Serial numbers go round at 2^32 (RFC 1982); 0 is left out, it has a meaning of its own to some secondaries. */
function nextSerial(serial: number): number {
  return serial >= 0xffff_ffff ? 1 : serial + 1;
}
