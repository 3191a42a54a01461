import type { Logger } from 'pino';
import { isAllowedAddress } from '../../lib/allowed-address.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import type { DownAddress } from '../../planes/dns/health/judge.ts';
import { HealthMonitor } from '../../planes/dns/health/monitor.ts';
import type { ProbeMetrics } from '../../planes/dns/metrics.ts';
import { HostnameResolver } from '../../planes/dns/resolve/resolver.ts';
import type { ServedHost } from '../../planes/dns/served.ts';
import { openChallenges } from '../../planes/store/challenges.ts';
import type { Config } from '../config.ts';
import { challengeDirectory } from '../state.ts';
import type { Gateways } from './gateways.ts';

export interface KnowledgeOptions {
  readonly config: Config;
  readonly gateways: Gateways;
  readonly log: Logger;
  /** What was down when an earlier process ended. */
  readonly remembered: readonly DownAddress[];
  /** What `serve` says of these hostnames is something else now. */
  readonly onChange: (hosts: readonly string[]) => void;
}

/** What this machine finds out about targets: their health, the addresses behind names, and open challenges. */
export class Knowledge {
  readonly #options: KnowledgeOptions;
  readonly #resolver: HostnameResolver;
  readonly #monitor: HealthMonitor;
  readonly #stopChallenges: () => void;
  readonly #changed = new Set<string>();
  readonly #failingOpen = new Set<string>();
  #challenges: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(options: KnowledgeOptions) {
    const { config, gateways, log, remembered } = options;
    this.#options = options;
    this.#resolver = new HostnameResolver({
      isAllowed: (cluster, address) => isAllowedAddress(address, gateways.cidrs(cluster)),
      onChange: (host) => {
        this.#monitor.refresh(host);
        this.#tell(host);
      },
    });
    this.#monitor = new HealthMonitor({
      remembered,
      addressesOf: (target) => this.#resolver.addressesOf(target),
      gatewayPort: (cluster, kind) => gateways.port(cluster, kind),
      onChange: (host) => this.#tell(host),
    });
    this.#stopChallenges = openChallenges(challengeDirectory(config)).watch(
      (all) => this.#replaceChallenges(all),
      (error) => log.error({ err: error }, 'challenges cannot be read, serving what was read before'),
    );
  }

  /** Follows exactly these hostnames. */
  keep(states: readonly GlobalIngress[]): void {
    this.#resolver.keep(states);
    if (this.#options.config.dns.probes) this.#monitor.keep(states);
    const hosts = new Set(states.map(({ host }) => host));
    for (const host of this.#failingOpen) if (!hosts.has(host)) this.#failingOpen.delete(host);
  }

  serve(state: GlobalIngress): ServedHost {
    const { targets, failsOpen } = this.#monitor.serve(state);
    this.#noteFailOpen(state.host, failsOpen);
    return { state, targets, failsOpen, challenges: this.#challenges.get(state.host) ?? [] };
  }

  /** What is down now, for the next process. */
  down(): readonly DownAddress[] {
    return this.#monitor.snapshot().flatMap(({ host, cluster, address, kind, since, message }) => {
      return kind === 'down' ? [{ host, cluster, address, since, message }] : [];
    });
  }

  probes(): readonly ProbeMetrics[] {
    const now = Date.now();
    return this.#monitor.snapshot().map(({ host, cluster, address, kind, lastProbeAt }) => {
      const ageSeconds = lastProbeAt === null ? undefined : (now - lastProbeAt) / 1_000;
      return { host, cluster, address, kind, ageSeconds };
    });
  }

  stop(): void {
    this.#stopChallenges();
    this.#monitor.stop();
    this.#resolver.stop();
  }

  /** Changes of one turn are told together. */
  #tell(host: string): void {
    this.#changed.add(host);
    if (this.#changed.size > 1) return;
    setImmediate(() => {
      const hosts = [...this.#changed];
      this.#changed.clear();
      this.#options.onChange(hosts);
    });
  }

  #replaceChallenges(all: ReadonlyMap<string, readonly string[]>): void {
    const before = this.#challenges;
    this.#challenges = all;
    for (const host of new Set([...before.keys(), ...all.keys()])) {
      if (before.get(host)?.join() !== all.get(host)?.join()) this.#tell(host);
    }
  }

  /** An alarm when it turns, not with each look. */
  #noteFailOpen(host: string, failsOpen: boolean): void {
    const { log } = this.#options;
    if (failsOpen === this.#failingOpen.has(host)) return;
    if (failsOpen) {
      this.#failingOpen.add(host);
      log.error({ host }, 'too much of the share is down: all clusters are answered (fail open)');
    } else {
      this.#failingOpen.delete(host);
      log.info({ host }, 'enough of the share is up again: health counts again');
    }
  }
}
