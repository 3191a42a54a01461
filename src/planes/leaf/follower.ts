import type { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { isCidr } from '../../lib/allowed-address.ts';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { BackendWatch } from './backend-watch.ts';
import { type Evidence, isTrusted, probedAddresses, reachOf } from './evidence.ts';
import { gatewayProbe } from './gateway-probe.ts';
import { Grace, type Patience } from './grace.ts';
import { type Resolution, resolveRepeatedly } from './hostnames.ts';
import { KeyedTasks } from './keyed-tasks.ts';
import type { Readiness, ReadinessTarget } from './leaf.ts';
import { type ProbeOutcome, probeRepeatedly } from './probe.ts';
import { NOT_PROBED, type ProbeRecord, recordProbe } from './probe-record.ts';
import { type Finding, judge } from './readiness.ts';
import { isSameReadiness } from './verdict.ts';
import type { Written } from './written.ts';

export interface FollowOptions {
  readonly cluster: RegisteredCluster;
  /** Where certificates come from. */
  readonly hub?: RegisteredCluster | undefined;
  readonly target: ReadinessTarget;
  readonly resolver: Resolver;
  readonly written: Written;
  readonly onChange: (readiness: Readiness) => void;
}

/** Gathers the evidence on one backend by watches, name look-ups and probes, and tells each change of the verdict. */
export class LeafFollower {
  readonly #options: FollowOptions;
  readonly #watch: BackendWatch;
  readonly #grace = new Grace(() => this.update());
  readonly #probers = new KeyedTasks((address, signal) => this.#probe(address, signal));
  readonly #lookUps = new KeyedTasks((hostname, signal) => this.#lookUp(hostname, signal));
  readonly #resolutions = new Map<string, Resolution>();
  readonly #probes = new Map<string, ProbeRecord>();
  readonly #ended = new AbortController();
  #port: number | undefined;
  #verdict: Readiness | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#port = options.target.lastPort;
    this.#watch = new BackendWatch({ ...options, onChange: () => this.update() });
  }

  /** Resolves when the signal aborts. Rejects with nothing but what `onChange` throws. */
  async run(signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#ended.signal]);
    try {
      this.#watch.start();
      this.update();
      if (!either.aborted) await once(either, 'abort');
    } finally {
      this.#watch.stop();
      this.#grace.end();
      await Promise.all([this.#probers.stop(), this.#lookUps.stop()]);
    }
    this.#ended.signal.throwIfAborted();
  }

  async #lookUp(hostname: string, signal: AbortSignal): Promise<void> {
    const onResolution = (resolution: Resolution): void => {
      this.#resolutions.set(hostname, resolution);
      this.update();
    };
    await resolveRepeatedly(hostname, { resolver: this.#options.resolver, onResolution, signal });
  }

  async #probe(address: string, signal: AbortSignal): Promise<void> {
    const { cluster, target } = this.#options;
    const { health } = target;
    const probe = gatewayProbe(target, { cluster, address, port: this.#port });
    const onOutcome = (outcome: ProbeOutcome): 'verified' | 'verifying' => {
      const record = recordProbe(this.#probes.get(address) ?? NOT_PROBED, outcome, health);
      this.#probes.set(address, record);
      this.update();
      return record.verified ? 'verified' : 'verifying';
    };
    await probeRepeatedly(probe, { intervalMs: health.intervalSeconds * 1000, onOutcome, signal });
  }

  /** Looks at the evidence as it is now. Also to be called when the settings of the cluster may have changed. */
  update(): void {
    if (this.#ended.signal.aborted) return;
    try {
      const verdict = this.#verdictNow();
      if (!verdict || isSameReadiness(verdict, this.#verdict)) return;
      this.#verdict = verdict;
      this.#options.onChange(verdict);
      if (wrongNetwork(this.#options.cluster) === undefined) this.#gather(); // what is worth gathering depends on the verdict as well
    } catch (error) {
      this.#ended.abort(error);
    }
  }

  #verdictNow(): Readiness | undefined {
    const message = wrongNetwork(this.#options.cluster);
    if (message !== undefined) return this.#settle({ kind: 'unknown', reason: 'WrongSettings', message });
    this.#gather();
    return this.#settle(judge(this.#evidence()));
  }

  /** Probes and looks up what the evidence names now, and forgets what is named no more. */
  #gather(): void {
    const evidence = this.#evidence();
    const { addresses: said, hostnames, port } = reachOf(evidence);
    if (said.length + hostnames.length > 0 && port !== this.#port) {
      this.#port = port;
      this.#probers.keep([]);
      this.#probes.clear(); // what another port answered shows nothing
    }
    const addresses = probedAddresses(evidence);
    this.#lookUps.keep(hostnames);
    this.#probers.keep(addresses);
    forgetOthers(this.#resolutions, hostnames);
    forgetOthers(this.#probes, addresses);
  }

  #evidence(): Evidence {
    const { cluster, target } = this.#options;
    return {
      ...this.#watch.facts(),
      target,
      cidrs: cluster.gateway.cidrs,
      resolutions: this.#resolutions,
      probes: this.#probes,
      ...(this.#verdict?.kind === 'ready' && { readyAt: this.#verdict.addresses }),
    };
  }

  /** The verdict that a finding leads to now, if it leads to one. */
  #settle(finding: Finding): Readiness | undefined {
    if (finding.kind === 'undecided') return undefined;
    const { certificate } = this.#watch.facts();
    const known = certificate === undefined || certificate === 'notAsked' ? undefined : { certificate };
    const common = { backend: this.#options.target.backend, ...known };
    if (finding.kind !== 'notReady' || !finding.momentary) {
      this.#grace.end();
      return { ...finding, ...common };
    }
    const { kind, reason, message } = finding;
    const patience = this.#patienceWith(finding);
    if (patience === 'over') return { kind, reason, message, ...common };
    if (patience === 'quiet' || this.#verdict?.kind !== 'ready') return undefined;
    const holds = finding.momentary === 'behind' ? 'until then' : 'for a few seconds';
    return { ...this.#verdict, ...known, message: `${message}; what was known before holds ${holds}` };
  }

  /** A controller that is behind with what was written last serves what was there before, for as long as it takes. */
  #patienceWith({ momentary }: Extract<Finding, { kind: 'notReady' }>): Patience {
    if (!this.#isTrusted()) return 'over';
    const patience = this.#grace.patience();
    const isBehind = this.#verdict?.kind === 'ready' && momentary === 'behind';
    return patience === 'over' && isBehind ? 'told' : patience;
  }

  /** It serves up to now, or did so when it was followed before. */
  #isTrusted(): boolean {
    return this.#verdict ? this.#verdict.kind === 'ready' : isTrusted(this.#evidence());
  }
}

/** The settings of a cluster may come from an object that anybody wrote. */
function wrongNetwork({ name, gateway }: RegisteredCluster): string | undefined {
  const wrong = gateway.cidrs.find((cidr) => !isCidr(cidr));
  if (wrong === undefined) return undefined;
  return `cluster ${name}: gateway.cidrs has "${wrong}"; allowed: networks such as 203.0.113.0/24 or 2001:db8::/32`;
}

function forgetOthers(map: Map<string, unknown>, keys: readonly string[]): void {
  for (const key of map.keys()) if (!keys.includes(key)) map.delete(key);
}
