import type { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { resolveHostname, secondsToNextLookUp } from '../../lib/resolve-hostname.ts';
import { sorted } from './addresses.ts';

/** What the name of a load balancer stands for. */
export type Resolution =
  | { readonly kind: 'resolved'; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string };

export interface HostnameOptions {
  readonly resolver: Resolver;
  readonly onResolution: (resolution: Resolution) => void;
  readonly signal: AbortSignal;
}

/** Resolves a hostname again and again until the signal aborts. A name that cannot be resolved for a while keeps its addresses. */
export async function resolveRepeatedly(hostname: string, options: HostnameOptions): Promise<void> {
  const { resolver, onResolution, signal } = options;
  let known = false;
  while (!signal.aborted) {
    const { resolution, ttlSeconds } = await resolveOnce(hostname, resolver);
    if (signal.aborted) return;
    if (resolution.kind === 'resolved' || !known) onResolution(resolution);
    known ||= resolution.kind === 'resolved';
    await delay(secondsToNextLookUp(ttlSeconds) * 1000, undefined, { signal }).catch(() => undefined); // ends the wait
  }
}

async function resolveOnce(
  hostname: string,
  resolver: Resolver,
): Promise<{ readonly resolution: Resolution; readonly ttlSeconds?: number }> {
  const { ipv4, ipv6 } = await resolveHostname(hostname, resolver);
  const found = [ipv4, ipv6].filter((family) => family.kind === 'found');
  if (found.length > 0) {
    const addresses = sorted(found.flatMap((family) => family.addresses));
    return { resolution: { kind: 'resolved', addresses }, ttlSeconds: Math.min(...found.map((f) => f.ttlSeconds)) };
  }
  return { resolution: { kind: 'failed', message: ipv4.kind === 'found' ? '' : ipv4.message } };
}
