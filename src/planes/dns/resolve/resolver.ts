import { Resolver } from 'node:dns/promises';
import { InFlight } from '../../../lib/in-flight.ts';
import { type AddressResolver, resolveHostname } from '../../../lib/resolve-hostname.ts';
import type { GlobalIngress, Target } from '../../../plan/global-ingress.ts';
import { afterLookUp, type KnownName, NEVER_RESOLVED, nextLookUpMs } from './known-name.ts';

export interface HostnameResolverOptions {
  /** Whose timeout and tries bound each look-up. Default: the system's name servers. */
  readonly resolver?: AddressResolver;
  /** Whether a cluster may name an address as its own. */
  readonly isAllowed: (cluster: string, address: string) => boolean;
  /** Called when the addresses of a target of this hostname have changed. */
  readonly onChange: (host: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly maxInFlight?: number;
}

/** What is known of a load balancer's name. */
export interface ResolvedName extends KnownName {
  readonly hostname: string;
}

const MAX_IN_FLIGHT = 32;
/** Each server of the system is asked twice, milliseconds. */
const LOOK_UP = { timeout: 2_000, tries: 2 } as const;

/** Looks up the names of load balancers again and again; each once, however many hostnames share it. */
export class HostnameResolver {
  readonly #options: HostnameResolverOptions;
  readonly #resolver: AddressResolver;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #inFlight: InFlight;
  readonly #names = new Map<string, Followed>();

  constructor(options: HostnameResolverOptions) {
    this.#options = options;
    this.#resolver = options.resolver ?? new Resolver(LOOK_UP);
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#inFlight = new InFlight(options.maxInFlight ?? MAX_IN_FLIGHT);
  }

  /** From now on exactly the names in these states are looked up. */
  keep(states: readonly GlobalIngress[]): void {
    const users = usersOf(states);
    for (const [hostname, followed] of this.#names) {
      if (users.has(hostname)) continue;
      clearTimeout(followed.timer);
      this.#names.delete(hostname);
    }
    for (const [hostname, using] of users) {
      const followed = this.#names.get(hostname);
      if (followed) followed.users = using;
      else this.#follow(hostname, using);
    }
  }

  /**
   * The addresses of a target now: what its names stand for, as far as the cluster may name it. Those that the control side
   * has found step in for names that were never resolved here, and when nothing else is left.
   */
  addressesOf({ cluster, addresses, hostnames }: Target): readonly string[] {
    if (hostnames.length === 0) return addresses;
    const names = hostnames.map((hostname) => this.#names.get(hostname)?.known ?? NEVER_RESOLVED);
    const resolved = names
      .flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6])
      .filter((address) => this.#options.isAllowed(cluster, address));
    const isComplete = resolved.length > 0 && names.every(({ resolvedAt }) => resolvedAt !== null);
    return [...new Set(isComplete ? resolved : [...resolved, ...addresses])].sort();
  }

  /** All that is known, for metrics: `resolvedAt` tells how old it is. */
  snapshot(): readonly ResolvedName[] {
    return [...this.#names].map(([hostname, { known }]) => ({ hostname, ...known }));
  }

  stop(): void {
    this.keep([]);
  }

  #follow(hostname: string, users: readonly User[]): void {
    const followed: Followed = { known: NEVER_RESOLVED, users, timer: undefined };
    this.#names.set(hostname, followed);
    void this.#lookUp(hostname, followed);
  }

  async #lookUp(hostname: string, followed: Followed): Promise<void> {
    const isGone = (): boolean => this.#names.get(hostname) !== followed;
    const resolution = await this.#inFlight.run(async () =>
      isGone() ? undefined : resolveHostname(hostname, this.#resolver),
    );
    if (isGone() || !resolution) return;
    const waitMs = nextLookUpMs(resolution, this.#random());
    followed.timer = setTimeout(() => void this.#lookUp(hostname, followed), waitMs);
    this.#learn(followed, afterLookUp(followed.known, resolution, this.#now()));
  }

  #learn(followed: Followed, known: KnownName): void {
    const before = followed.users.map(({ target }) => this.addressesOf(target).join());
    followed.known = known;
    const changed = followed.users.filter(({ target }, index) => this.addressesOf(target).join() !== before[index]);
    for (const host of new Set(changed.map((user) => user.host))) this.#options.onChange(host);
  }
}

/** A target that names a load balancer. */
interface User {
  readonly host: string;
  readonly target: Target;
}

interface Followed {
  known: KnownName;
  users: readonly User[];
  timer: NodeJS.Timeout | undefined;
}

function usersOf(states: readonly GlobalIngress[]): ReadonlyMap<string, readonly User[]> {
  const users = new Map<string, User[]>();
  const uses = states.flatMap(({ host, targets }) =>
    targets.flatMap((target) => target.hostnames.map((hostname) => ({ hostname, user: { host, target } }))),
  );
  for (const { hostname, user } of uses) {
    const using = users.get(hostname);
    if (using) using.push(user);
    else users.set(hostname, [user]);
  }
  return users;
}
