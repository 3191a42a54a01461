import { isDeepStrictEqual } from 'node:util';
import { InFlight } from '../../../lib/in-flight.ts';
import { type Probe, type ProbeOutcome, probeOf, sendProbe } from '../../../lib/probe.ts';
import type { GlobalIngress, Target } from '../../../plan/global-ingress.ts';
import type { HealthCheck } from '../../../spec/types.ts';
import type { ServedHost } from '../served.ts';
import { type AddressHealth, type DownAddress, judge, knownDown, notProbed } from './judge.ts';
import { Prober } from './prober.ts';
import { serveTargets } from './serve.ts';

export interface HealthMonitorOptions {
  /** Called when what `serve` gives for a hostname has changed through a probe. */
  readonly onChange: (host: string) => void;
  /** The addresses of a target now; tell `refresh` when they change. */
  readonly addressesOf: (target: Target) => readonly string[];
  /** Where a cluster's gateways are asked when the health check names no port; undefined while that is not known. */
  readonly gatewayPort: (cluster: string, kind: HealthCheck['probe']['kind']) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly maxInFlight?: number;
  /** What was down when an earlier process ended. */
  readonly remembered?: readonly DownAddress[];
}

/** What is known of one address of a cluster for one hostname. */
export interface ProbedAddress {
  readonly host: string;
  readonly cluster: string;
  readonly address: string;
  readonly kind: AddressHealth['kind'];
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** When the last probe ended, milliseconds since the epoch; null before the first. */
  readonly lastProbeAt: number | null;
  readonly message: string;
}

/**
 * A bound on sockets and memory, not on pace. In good times there are a handful; when one of two clusters with 10,000
 * hostnames hangs, the default check has up to 6,000 at once to tell them all within interval x threshold.
 */
const MAX_IN_FLIGHT = 8_192;

/** Probes the addresses of all hostnames from here, and says which of them are to be answered. */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #inFlight: InFlight;
  readonly #startedAt: number;
  /** By hostname, cluster and address. */
  readonly #remembered: ReadonlyMap<string, DownAddress>;
  readonly #hosts = new Map<string, MonitoredHost>();

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
    this.#inFlight = new InFlight(options.maxInFlight ?? MAX_IN_FLIGHT);
    this.#startedAt = this.#now();
    this.#remembered = new Map(
      (options.remembered ?? []).map((one) => [`${one.host} ${keyOf(one.cluster, one.address)}`, one]),
    );
  }

  /** From now on exactly these hostnames are probed. Cheap for states that are the same objects as before. */
  keep(states: readonly GlobalIngress[]): void {
    const hosts = new Set<string>();
    for (const state of states) {
      hosts.add(state.host);
      const known = this.#hosts.get(state.host);
      if (known?.state !== state) this.#follow({ state, addresses: known?.addresses ?? new Map() });
    }
    for (const [host, { addresses }] of this.#hosts) {
      if (hosts.has(host)) continue;
      for (const { prober } of addresses.values()) prober.stop();
      this.#hosts.delete(host);
    }
  }

  /** The addresses of a hostname's targets have changed. */
  refresh(host: string): void {
    const known = this.#hosts.get(host);
    if (known) this.#follow(known);
  }

  /** What is answered for the targets of a hostname now. */
  serve(state: GlobalIngress): Pick<ServedHost, 'targets' | 'failsOpen'> {
    const addresses = this.#hosts.get(state.host)?.addresses;
    return serveTargets(state, {
      addressesOf: this.#options.addressesOf,
      healthOf: (cluster, address) => addresses?.get(keyOf(cluster, address))?.health ?? notProbed(this.#startedAt),
      notProbed: { kind: 'unknown', since: this.#startedAt, message: 'not probed' },
    });
  }

  /** All that is known, for metrics. */
  snapshot(): readonly ProbedAddress[] {
    return [...this.#hosts].flatMap(([host, { addresses }]) =>
      [...addresses.values()].map(({ cluster, address, lastProbeAt, health: { kind, since, message } }) => {
        return { host, cluster, address, kind, since, lastProbeAt, message };
      }),
    );
  }

  stop(): void {
    this.keep([]);
  }

  /** Starts, keeps and stops probers, so that there is one for each address. What was found out stays known. */
  #follow({ state, addresses: before }: MonitoredHost): void {
    const addresses = new Map<string, MonitoredAddress>();
    for (const target of state.health ? state.targets : []) {
      const { cluster, port } = target;
      for (const address of this.#options.addressesOf(target)) {
        const key = keyOf(cluster, address);
        const place = { cluster, address, ...(port !== undefined && { port }) };
        addresses.set(key, this.#probe(state, place, before.get(key)));
      }
    }
    for (const [key, { prober }] of before) if (addresses.get(key)?.prober !== prober) prober.stop();
    this.#hosts.set(state.host, { state, addresses });
  }

  #probe(state: GlobalIngress, place: Place, known: MonitoredAddress | undefined): MonitoredAddress {
    const { health: check } = state;
    if (!check) throw new Error(`${state.host} has no health check`);
    if (known && known.port === place.port && isDeepStrictEqual(known.check, check)) return known;
    const health = known?.health ?? this.#healthBefore(state.host, place);
    const record: Finding = { ...place, check, health, lastProbeAt: known?.lastProbeAt ?? null };
    const prober = new Prober({
      check,
      phase: this.#random(),
      // Made each time: the gateways' port may be another one now.
      send: (onStart, signal) => this.#send(this.#probeOf(state.host, place, check), onStart, signal),
      onOutcome: (outcome) => this.#learn(state.host, record, outcome),
    });
    return Object.assign(record, { prober });
  }

  #healthBefore(host: string, { cluster, address }: Place): AddressHealth {
    const down = this.#remembered.get(`${host} ${keyOf(cluster, address)}`);
    return down === undefined ? notProbed(this.#now()) : knownDown(down);
  }

  #probeOf(host: string, { cluster, address, port }: Place, check: HealthCheck): Probe | undefined {
    const gatewayPort = check.probe.port ?? port ?? this.#options.gatewayPort(cluster, check.probe.kind);
    if (gatewayPort === undefined) return undefined;
    return probeOf(check.probe, { address, host, gatewayPort, timeoutMs: check.timeoutSeconds * 1000 });
  }

  #send(probe: Probe | undefined, onStart: () => void, signal: AbortSignal): Promise<ProbeOutcome> {
    return this.#inFlight.run(async () => {
      if (signal.aborted) return { kind: 'impossible', message: 'the probe was stopped' };
      onStart();
      if (!probe) return { kind: 'impossible', message: "the port of the cluster's gateways is not known yet" };
      return sendProbe(probe, signal);
    });
  }

  #learn(host: string, record: Finding, outcome: ProbeOutcome): AddressHealth {
    const now = this.#now();
    const before = record.health.kind;
    record.health = judge(record.health, outcome, { thresholds: record.check, now });
    record.lastProbeAt = now;
    if (record.health.kind !== before) this.#options.onChange(host);
    return record.health;
  }
}

interface Place {
  readonly cluster: string;
  readonly address: string;
  /** Where that is not the port of the cluster's gateway. */
  readonly port?: number;
}

interface MonitoredHost {
  readonly state: GlobalIngress;
  /** By cluster and address. */
  readonly addresses: ReadonlyMap<string, MonitoredAddress>;
}

interface Finding extends Place {
  /** What the prober follows. */
  readonly check: HealthCheck;
  health: AddressHealth;
  lastProbeAt: number | null;
}

interface MonitoredAddress extends Finding {
  readonly prober: Prober;
}

function keyOf(cluster: string, address: string): string {
  return `${cluster} ${address}`;
}
