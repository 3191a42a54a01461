import type { Resolver } from 'node:dns/promises';
import type { Cluster } from '../../lib/kubernetes/cluster.ts';
import type { Ingress } from '../../lib/kubernetes/objects.ts';
import { type ObjectReport, watchObject } from '../../lib/kubernetes/watch.ts';
import { probeOf } from '../../lib/probe.ts';
import { type Resolution, resolveRepeatedly } from './hostnames.ts';
import { KeyedTasks } from './keyed-tasks.ts';
import type { Readiness, ReadinessTarget } from './leaf.ts';
import { objectRef } from './manifest.ts';
import { type ProbeOutcome, probeRepeatedly } from './probe.ts';
import {
  type Evidence,
  type Finding,
  judge,
  NOT_PROBED,
  namedHostnames,
  type ProbeRecord,
  probedAddresses,
  recordProbe,
  type Sighting,
} from './readiness.ts';

interface FollowOptions {
  readonly cluster: Cluster;
  readonly target: ReadinessTarget;
  readonly resolver: Resolver;
  readonly onChange: (readiness: Readiness) => void;
}

/** How long a backend that was ready may look not ready for a reason that is often over in a moment, milliseconds. */
const GRACE_MS = 3_000;

/** Gathers the evidence on one backend by a watch, name look-ups and probes, and tells each change of the verdict. */
export class LeafFollower {
  readonly #options: FollowOptions;
  readonly #probers = new KeyedTasks((address, signal) => this.#probe(address, signal));
  readonly #lookUps = new KeyedTasks((hostname, signal) => this.#lookUp(hostname, signal));
  readonly #resolutions = new Map<string, Resolution>();
  readonly #probes = new Map<string, ProbeRecord>();
  readonly #ended = new AbortController();
  #sighting: Sighting = { kind: 'notAsked' };
  #unreachable: Evidence['unreachable'];
  #verdict: Readiness | undefined;
  #grace: Grace;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Resolves when the signal aborts. Rejects with nothing but what `onChange` throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, target } = this.#options;
    const either = AbortSignal.any([signal, this.#ended.signal]);
    this.#update();
    try {
      await watchObject(cluster, objectRef(target.ref), (report) => this.#see(report), { signal: either });
    } finally {
      endGrace(this.#grace);
      await Promise.all([this.#probers.stop(), this.#lookUps.stop()]);
    }
    this.#ended.signal.throwIfAborted();
  }

  #see(report: ObjectReport<Ingress>): void {
    if (report.kind === 'unreachable') {
      const { message, failure } = report.error;
      this.#unreachable = { reason: failure.reason, message };
    } else {
      this.#unreachable = undefined;
      this.#sighting = report;
    }
    this.#update();
  }

  async #lookUp(hostname: string, signal: AbortSignal): Promise<void> {
    const onResolution = (resolution: Resolution): void => {
      this.#resolutions.set(hostname, resolution);
      this.#update();
    };
    await resolveRepeatedly(hostname, { resolver: this.#options.resolver, onResolution, signal });
  }

  async #probe(address: string, signal: AbortSignal): Promise<void> {
    const { cluster, target } = this.#options;
    const { health, host } = target;
    const timeoutMs = health.timeoutSeconds * 1000;
    const onOutcome = (outcome: ProbeOutcome): 'verified' | 'verifying' => {
      const record = recordProbe(this.#probes.get(address) ?? NOT_PROBED, outcome, health);
      this.#probes.set(address, record);
      this.#update();
      return record.verified ? 'verified' : 'verifying';
    };
    const { httpPort, httpsPort } = cluster.gateway;
    const gatewayPort = health.probe.kind === 'https' ? httpsPort : httpPort;
    await probeRepeatedly(probeOf(health.probe, { address, host, gatewayPort, timeoutMs }), {
      intervalMs: health.intervalSeconds * 1000,
      onOutcome,
      signal,
    });
  }

  #update(): void {
    try {
      this.#gather();
      const verdict = this.#settle(judge(this.#evidence()));
      if (!verdict || isSame(verdict, this.#verdict)) return;
      this.#verdict = verdict;
      this.#options.onChange(verdict);
      this.#gather(); // what is worth gathering depends on the verdict as well
    } catch (error) {
      this.#ended.abort(error);
    }
  }

  /** Probes and looks up what the evidence names now, and forgets what is named no more. */
  #gather(): void {
    const evidence = this.#evidence();
    const hostnames = namedHostnames(evidence);
    const addresses = probedAddresses(evidence);
    this.#lookUps.keep(hostnames);
    this.#probers.keep(addresses);
    forgetOthers(this.#resolutions, hostnames);
    forgetOthers(this.#probes, addresses);
  }

  #evidence(): Evidence {
    const { cluster, target } = this.#options;
    return {
      target,
      cidrs: cluster.gateway.cidrs,
      sighting: this.#sighting,
      resolutions: this.#resolutions,
      probes: this.#probes,
      ...(this.#unreachable && { unreachable: this.#unreachable }),
      ...(this.#verdict?.kind === 'ready' && { readyAt: this.#verdict.addresses }),
    };
  }

  /** The verdict that a finding leads to now, if it leads to one. */
  #settle(finding: Finding): Readiness | undefined {
    if (finding.kind === 'undecided') return undefined;
    const { backend } = this.#options.target;
    if (finding.kind !== 'notReady' || !finding.momentary) {
      this.#grace = endGrace(this.#grace);
      return { ...finding, backend };
    }
    const { reason, message } = finding;
    if (!this.#isTrusted() || this.#grace === 'over') return { kind: 'notReady', backend, reason, message };
    this.#grace ??= setTimeout(() => {
      this.#grace = 'over';
      this.#update();
    }, GRACE_MS);
    return undefined;
  }

  /** It served up to now, or did so when it was followed before. */
  #isTrusted(): boolean {
    return this.#verdict ? this.#verdict.kind === 'ready' : this.#options.target.lastAddresses.length > 0;
  }
}

type Ready = Extract<Readiness, { kind: 'ready' }>;

type Grace = NodeJS.Timeout | 'over' | undefined;

function endGrace(grace: Grace): undefined {
  if (grace !== 'over') clearTimeout(grace);
}

function forgetOthers(map: Map<string, unknown>, keys: readonly string[]): void {
  for (const key of map.keys()) if (!keys.includes(key)) map.delete(key);
}

/** A changed message alone is no news: it would tell of every probe. */
function isSame(left: Readiness, right: Readiness | undefined): boolean {
  if (left.kind === 'ready') return right?.kind === 'ready' && isSameReach(left, right);
  return left.kind === right?.kind && left.reason === right.reason;
}

function isSameReach(left: Ready, right: Ready): boolean {
  return left.addresses.join() === right.addresses.join() && left.hostnames?.join() === right.hostnames?.join();
}
