import { isAllowedAddress } from '../../lib/allowed-address.ts';
import { candidates, type Evidence, isAsked, isTrusted, namedHostnames, probedAddresses, reachOf } from './evidence.ts';
import { kindOf } from './kinds/all.ts';
import { type Finding as KindFinding, notReady } from './kinds/kind.ts';
import type { Verdict } from './leaf.ts';
import { describeLeaf } from './manifest.ts';
import { ownershipProblem } from './ownership.ts';
import { NOT_PROBED } from './probe-record.ts';

/**
 * What the evidence comes to. `undecided`: no verdict yet, the one before stands. `momentary`: may be over in a moment
 * (a status that is empty while a controller restarts), so a ready backend stays ready for a while.
 */
export type Finding = KindFinding | Exclude<Verdict, { kind: 'notReady' }>;

type Check = (evidence: Evidence) => Finding | undefined;

/** In this order; the first that finds something decides. */
const CHECKS: readonly Check[] = [
  canBeKnown,
  exists,
  isOurs,
  isKept,
  isAccepted,
  hasCertificate,
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
  return { kind: 'ready', addresses: verified(evidence), ...knownReach(evidence), ...keptCertificate(evidence) };
}

/** None is known while the object cannot say where it is: then that of before still holds. */
function knownReach(evidence: Evidence): { readonly hostnames?: readonly string[]; readonly port?: number } {
  const { addresses, hostnames, port } = reachOf(evidence);
  if (addresses.length + hostnames.length === 0) return {};
  return { hostnames, ...(port !== undefined && { port }) };
}

function canBeKnown(evidence: Evidence): Finding | undefined {
  const { unreachable } = evidence;
  if (unreachable && candidates(evidence).length === 0) return { kind: 'unknown', ...unreachable };
  return !unreachable && !isAsked(evidence) ? { kind: 'undecided' } : undefined;
}

function exists({ sighting, unreachable, target }: Evidence): Finding | undefined {
  if (unreachable || sighting.kind !== 'gone') return undefined;
  return notReady('NotFound', `${describeLeaf(target.ref)} does not exist`, 'momentary');
}

/** A Service that is used as it is belongs to somebody else, and may. */
function isOurs({ sighting, target }: Evidence): Finding | undefined {
  if (!target.owned || sighting.kind !== 'object') return undefined;
  const problem = ownershipProblem(sighting.object, target.owner);
  return problem && notReady(problem.reason, `${describeLeaf(target.ref)} is not ours: ${problem.message}`);
}

function isKept({ sighting, target }: Evidence): Finding | undefined {
  if (sighting.kind !== 'object' || sighting.object.metadata.deletionTimestamp === undefined) return undefined;
  return notReady('BeingDeleted', `${describeLeaf(target.ref)} is being deleted`);
}

/** What may pass soon is no reason against a backend whose API server cannot say that it has. */
function isAccepted({ sighting, target, related, unreachable }: Evidence): Finding | undefined {
  if (sighting.kind !== 'object') return undefined;
  const finding = kindOf(target.ref.kind).accepted(sighting.object, target, related);
  const isLasting = finding?.kind === 'notReady' && !finding.momentary;
  return unreachable && !isLasting ? undefined : finding;
}

/**
 * A copy that is behind the hub still serves until it expires, so it takes nothing from a backend that serves; no other
 * gets traffic with it.
 */
function hasCertificate(evidence: Evidence): Finding | undefined {
  const { certificate, unreachable } = evidence;
  if (certificate === undefined) return undefined;
  if (certificate === 'notAsked') return unreachable ? undefined : { kind: 'undecided' };
  if (certificate.kind === 'current') return undefined;
  if (certificate.kind === 'missing') return notReady('CertificateMissing', certificate.message, 'momentary');
  if (isTrusted(evidence) && !isExpired(certificate.notAfter)) return undefined;
  return notReady('CertificateOutdated', certificate.message, 'momentary');
}

function keptCertificate({ certificate }: Evidence): { readonly message?: string } {
  if (certificate === undefined || certificate === 'notAsked' || certificate.kind === 'current') return {};
  return { message: certificate.message };
}

function isExpired(notAfter: string | undefined): boolean {
  return notAfter !== undefined && Date.parse(notAfter) < Date.now();
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
  if (addresses.length === 0) return { kind: 'undecided' };
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
