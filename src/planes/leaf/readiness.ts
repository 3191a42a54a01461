import { isAllowedAddress } from '../../lib/allowed-address.ts';
import type { Ingress } from '../../lib/kubernetes/objects.ts';
import type { HealthCheck } from '../../spec/types.ts';
import { reachOf, sorted } from './addresses.ts';
import type { Resolution } from './hostnames.ts';
import type { ReadinessTarget } from './leaf.ts';
import { describeLeaf, foreignness } from './manifest.ts';
import type { ProbeOutcome } from './probe.ts';

/** What the API server said of the object last. */
export type Sighting =
  | { readonly kind: 'notAsked' }
  | { readonly kind: 'object'; readonly object: Ingress }
  | { readonly kind: 'gone' };

/** What the probes of one address have shown. */
export interface ProbeRecord {
  /** In a row, up to now; one of them is 0. */
  readonly passes: number;
  readonly failures: number;
  /** Passed often enough, and has not failed too often since. */
  readonly verified: boolean;
  readonly failure?: Extract<ProbeOutcome, { kind: 'failed' }>;
}

/** Everything that is known of one backend now. */
export interface Evidence {
  readonly target: ReadinessTarget;
  /** Networks that the cluster's gateways may be in. */
  readonly cidrs: readonly string[];
  readonly sighting: Sighting;
  /** Why the API server cannot be asked at the moment; what it said last still holds then. */
  readonly unreachable?: { readonly reason: string; readonly message: string };
  readonly resolutions: ReadonlyMap<string, Resolution>;
  readonly probes: ReadonlyMap<string, ProbeRecord>;
  /** Addresses that the backend is ready at up to now; undefined when it is not. */
  readonly readyAt?: readonly string[];
}

/**
 * What the evidence comes to. `undecided`: no verdict yet, the one before stands. `momentary`: may be over in a moment
 * (a status that is empty while a controller restarts), so a ready backend stays ready for a while.
 */
export type Finding =
  | { readonly kind: 'ready'; readonly addresses: readonly string[]; readonly hostnames?: readonly string[] }
  | { readonly kind: 'notReady'; readonly reason: string; readonly message: string; readonly momentary?: true }
  | { readonly kind: 'unknown'; readonly reason: string; readonly message: string }
  | { readonly kind: 'undecided' };

const NOWHERE = { addresses: [], hostnames: [] } as const;

type Check = (evidence: Evidence) => Finding | undefined;

/** In this order; the first that finds something decides. */
const CHECKS: readonly Check[] = [
  canBeKnown,
  exists,
  isOurs,
  isKept,
  hasAddress,
  hasResolvedAddress,
  hasAllowedAddresses,
  passesProbes,
];

/** Combines what the API server says with what the probes from outside say. */
export function judge(evidence: Evidence): Finding {
  for (const check of CHECKS) {
    const finding = check(evidence);
    if (finding) return finding;
  }
  return { kind: 'ready', addresses: verified(evidence), ...knownHostnames(evidence) };
}

/**
 * The addresses to probe: those of the object, as far as the cluster may name them. While the object cannot say, they are
 * those that were seen before: unknown is not down, and absent for a moment is not gone.
 */
export function probedAddresses(evidence: Evidence): readonly string[] {
  return candidates(evidence).filter((address) => isAllowedAddress(address, evidence.cidrs));
}

/** The hostnames to resolve. */
export function namedHostnames({ sighting }: Evidence): readonly string[] {
  return sighting.kind === 'object' ? reachOf(sighting.object).hostnames : [];
}

/** None is known while the object cannot say where it is: then those of before still hold. */
function knownHostnames({ sighting }: Evidence): { readonly hostnames?: readonly string[] } {
  const { addresses, hostnames } = sighting.kind === 'object' ? reachOf(sighting.object) : NOWHERE;
  return addresses.length + hostnames.length > 0 ? { hostnames } : {};
}

export const NOT_PROBED: ProbeRecord = { passes: 0, failures: 0, verified: false };

/** The record of an address after one more probe. */
export function recordProbe(before: ProbeRecord, outcome: ProbeOutcome, health: HealthCheck): ProbeRecord {
  if (outcome.kind === 'passed') {
    const passes = before.passes + 1;
    return { passes, failures: 0, verified: before.verified || passes >= health.healthyThreshold };
  }
  const failures = before.failures + 1;
  return { passes: 0, failures, verified: before.verified && failures < health.unhealthyThreshold, failure: outcome };
}

function candidates({ sighting, resolutions, unreachable, readyAt, target }: Evidence): readonly string[] {
  const reach = sighting.kind === 'object' ? reachOf(sighting.object) : NOWHERE;
  const resolved = reach.hostnames.flatMap((hostname) => {
    const resolution = resolutions.get(hostname);
    return resolution?.kind === 'resolved' ? resolution.addresses : [];
  });
  const named = sorted([...reach.addresses, ...resolved]);
  if (named.length > 0) return named;
  if (readyAt) return readyAt;
  return unreachable || sighting.kind === 'notAsked' ? target.lastAddresses : [];
}

function canBeKnown(evidence: Evidence): Finding | undefined {
  const { unreachable, sighting } = evidence;
  if (unreachable && candidates(evidence).length === 0) return { kind: 'unknown', ...unreachable };
  return !unreachable && sighting.kind === 'notAsked' ? { kind: 'undecided' } : undefined;
}

function exists({ sighting, unreachable, target }: Evidence): Finding | undefined {
  if (unreachable || sighting.kind !== 'gone') return undefined;
  return notReady('NotFound', `${describeLeaf(target.ref)} does not exist`, 'momentary');
}

function isOurs({ sighting, target }: Evidence): Finding | undefined {
  const problem = sighting.kind === 'object' ? foreignness(sighting.object, target.owner) : undefined;
  return problem === undefined ? undefined : notReady('NotOurs', `${describeLeaf(target.ref)} is not ours: ${problem}`);
}

function isKept({ sighting, target }: Evidence): Finding | undefined {
  if (sighting.kind !== 'object' || sighting.object.metadata.deletionTimestamp === undefined) return undefined;
  return notReady('BeingDeleted', `${describeLeaf(target.ref)} is being deleted`);
}

function hasAddress({ sighting, unreachable, target }: Evidence): Finding | undefined {
  if (unreachable || sighting.kind !== 'object') return undefined;
  const { addresses, hostnames } = reachOf(sighting.object);
  if (addresses.length + hostnames.length > 0) return undefined;
  const className = sighting.object.spec?.ingressClassName;
  const whose = className === undefined ? 'the default ingress class' : `class "${className}"`;
  const message = `${describeLeaf(target.ref)} has no address: no ingress controller of ${whose} has written one to its status`;
  return notReady('NoAddress', message, 'momentary');
}

function hasResolvedAddress(evidence: Evidence): Finding | undefined {
  const hostnames = namedHostnames(evidence);
  if (hostnames.length === 0 || evidence.unreachable) return undefined;
  for (const hostname of hostnames) {
    const resolution = evidence.resolutions.get(hostname);
    if (!resolution) return { kind: 'undecided' };
    if (resolution.kind === 'failed') {
      const message = `${describeLeaf(evidence.target.ref)} is at ${hostname}, which does not resolve: ${resolution.message}`;
      return notReady('HostnameNotResolved', message, 'momentary');
    }
  }
  return undefined;
}

function hasAllowedAddresses(evidence: Evidence): Finding | undefined {
  const { cidrs, target } = evidence;
  const outside = candidates(evidence).find((address) => !isAllowedAddress(address, cidrs));
  if (outside === undefined) return undefined;
  const allowed =
    cidrs.length > 0
      ? `the cluster's gateway.cidrs allow ${cidrs.join(', ')}`
      : 'loopback, link-local and multicast addresses need an entry in the gateway.cidrs of the cluster';
  return notReady('AddressNotAllowed', `${describeLeaf(target.ref)} has the address ${outside}: ${allowed}`);
}

function passesProbes(evidence: Evidence): Finding | undefined {
  const { probes, readyAt, target } = evidence;
  const addresses = probedAddresses(evidence);
  const records = addresses.map((address) => probes.get(address) ?? NOT_PROBED);
  const bad = records.find(
    ({ failures, verified: isVerified }, index) =>
      !isVerified && failures >= tolerance(evidence, addresses[index] ?? ''),
  );
  if (bad?.failure) return notReady(bad.failure.reason, bad.failure.message);
  const good = records.filter((record) => record.verified).length;
  if (good === records.length || (readyAt && good > 0)) return undefined;
  if (!readyAt) return { kind: 'undecided' };
  return notReady(
    'ProbePending',
    `${describeLeaf(target.ref)} has new addresses that no probe has passed yet`,
    'momentary',
  );
}

/** A backend that serves may fail now and then; of one that has never served, the first failure tells why. */
function tolerance({ readyAt, target }: Evidence, address: string): number {
  return readyAt || target.lastAddresses.includes(address) ? target.health.unhealthyThreshold : 1;
}

function verified(evidence: Evidence): readonly string[] {
  return probedAddresses(evidence).filter((address) => evidence.probes.get(address)?.verified);
}

function notReady(reason: string, message: string, momentary?: 'momentary'): Finding {
  return { kind: 'notReady', reason, message, ...(momentary && { momentary: true }) };
}
