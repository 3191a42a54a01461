import { isAllowedAddress } from '../../lib/allowed-address.ts';
import { sorted } from './addresses.ts';
import type { Resolution } from './hostnames.ts';
import { kindOf } from './kinds/all.ts';
import { NOWHERE, type Reach, type Related, type Sighting } from './kinds/kind.ts';
import type { CertificateState, ReadinessTarget } from './leaf.ts';
import type { ProbeRecord } from './probe-record.ts';

/** Everything that is known of one backend now. */
export interface Evidence {
  readonly target: ReadinessTarget;
  /** Networks that the cluster's gateways may be in. */
  readonly cidrs: readonly string[];
  readonly sighting: Sighting;
  /** What the API server said last of that to which the object refers. */
  readonly related: Related;
  /** Why the API server cannot be asked at the moment; what it said last still holds then. */
  readonly unreachable?: { readonly reason: string; readonly message: string };
  /** The copy of the hub's certificate. Absent: none is copied. */
  readonly certificate?: CertificateState | 'notAsked';
  readonly resolutions: ReadonlyMap<string, Resolution>;
  readonly probes: ReadonlyMap<string, ProbeRecord>;
  /** Addresses that the backend is ready at up to now; undefined when it is not. */
  readonly readyAt?: readonly string[];
}

/** Where the object says that it is reached; nowhere while it cannot be seen. */
export function reachOf({ sighting, target, related }: Evidence): Reach {
  return sighting.kind === 'object' ? kindOf(target.ref.kind).reach(sighting.object, target, related) : NOWHERE;
}

/** The API server has said all that it is asked for. */
export function isAsked({ sighting, related }: Evidence): boolean {
  if (sighting.kind === 'notAsked') return false;
  if (sighting.kind === 'gone') return true;
  return related.kind === 'object' ? related.sighting.kind !== 'notAsked' : related.kind === 'none' || !!related.nodes;
}

/**
 * Where to look for the backend: where the object says, or while it cannot say, where it was seen before: unknown is not
 * down, and absent for a moment is not gone.
 */
export function candidates(evidence: Evidence): readonly string[] {
  const { resolutions, unreachable, readyAt, target } = evidence;
  const reach = reachOf(evidence);
  const resolved = reach.hostnames.flatMap((hostname) => {
    const resolution = resolutions.get(hostname);
    return resolution?.kind === 'resolved' ? resolution.addresses : [];
  });
  const named = sorted([...reach.addresses, ...resolved]);
  if (named.length > 0) return named;
  if (readyAt) return readyAt;
  return unreachable || !isAsked(evidence) ? target.lastAddresses : [];
}

/** The addresses to probe: the candidates, as far as the cluster may name them. */
export function probedAddresses(evidence: Evidence): readonly string[] {
  return candidates(evidence).filter((address) => isAllowedAddress(address, evidence.cidrs));
}

/** The hostnames to resolve. */
export function namedHostnames(evidence: Evidence): readonly string[] {
  return reachOf(evidence).hostnames;
}

/** It serves up to now, or did so when it was followed before. */
export function isTrusted({ readyAt, target }: Evidence): boolean {
  return readyAt !== undefined || target.lastAddresses.length > 0;
}
