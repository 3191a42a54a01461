import { type FamilyResolution, type Resolution, secondsToNextLookUp } from '../../../lib/resolve-hostname.ts';

/** What a name stands for, as far as it is known: the last good answer, however old. */
export interface KnownName {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** When it was resolved last, milliseconds since the epoch; null: never. */
  readonly resolvedAt: number | null;
  /** Why it could not be resolved since; null when the last look-up was good. */
  readonly failure: string | null;
}

export const NEVER_RESOLVED: KnownName = { ipv4: [], ipv6: [], resolvedAt: null, failure: null };

/**
 * What is known after one more look-up. A family that could not be asked for keeps its addresses; one that is gone while
 * the other is there loses them. A name without any address is a failure: absent is not gone.
 */
export function afterLookUp(before: KnownName, { ipv4, ipv6 }: Resolution, now: number): KnownName {
  const misses = [ipv4, ipv6].filter((family) => family.kind !== 'found');
  const failure = misses.find(({ kind }) => kind === 'failed') ?? misses[0];
  if (misses.length === 2) return { ...before, failure: failure?.message ?? null };
  return {
    ipv4: addressesAfter(before.ipv4, ipv4),
    ipv6: addressesAfter(before.ipv6, ipv6),
    resolvedAt: now,
    failure: failure?.kind === 'failed' ? failure.message : null,
  };
}

function addressesAfter(before: readonly string[], family: FamilyResolution): readonly string[] {
  if (family.kind === 'found') return family.addresses;
  return family.kind === 'failed' ? before : [];
}

/** Up to a tenth sooner, so that names that were looked up together do not stay together. */
const JITTER = 0.1;
const SHORTEST_WAIT_MS = 1_000;

/** How long until a name is looked up again, milliseconds: half of the shortest TTL, sooner after a failure. */
export function nextLookUpMs({ ipv4, ipv6 }: Resolution, random: number): number {
  const families = [ipv4, ipv6];
  const ttls = families.flatMap((family) => (family.kind === 'found' ? [family.ttlSeconds] : []));
  const isGood = ttls.length > 0 && families.every(({ kind }) => kind !== 'failed');
  const seconds = secondsToNextLookUp(isGood ? Math.min(...ttls) : undefined);
  return Math.max(SHORTEST_WAIT_MS, Math.round(seconds * 1000 * (1 - JITTER * random)));
}
