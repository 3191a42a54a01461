import type { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
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

/** Names are asked for again at half their TTL, within these bounds, seconds. */
const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 300;
const RETRY_SECONDS = 5;

/** Resolves a hostname again and again until the signal aborts. A name that cannot be resolved for a while keeps its addresses. */
export async function resolveRepeatedly(hostname: string, options: HostnameOptions): Promise<void> {
  const { resolver, onResolution, signal } = options;
  let known = false;
  while (!signal.aborted) {
    const { resolution, ttlSeconds } = await resolveOnce(hostname, resolver);
    if (signal.aborted) return;
    if (resolution.kind === 'resolved' || !known) onResolution(resolution);
    known ||= resolution.kind === 'resolved';
    await delay(waitSeconds(ttlSeconds) * 1000, undefined, { signal }).catch(() => undefined); // ends the wait
  }
}

function waitSeconds(ttlSeconds: number | undefined): number {
  if (ttlSeconds === undefined) return RETRY_SECONDS;
  return Math.min(Math.max(ttlSeconds / 2, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}

async function resolveOnce(
  hostname: string,
  resolver: Resolver,
): Promise<{ readonly resolution: Resolution; readonly ttlSeconds?: number }> {
  const results = await Promise.allSettled([
    resolver.resolve4(hostname, { ttl: true }),
    resolver.resolve6(hostname, { ttl: true }),
  ]);
  const records = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (records.length > 0) {
    const addresses = sorted(records.map((record) => record.address));
    return { resolution: { kind: 'resolved', addresses }, ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
  }
  const failure = results.find((result) => result.status === 'rejected')?.reason;
  const message = failure instanceof Error ? failure.message : 'no address';
  return { resolution: { kind: 'failed', message } };
}
