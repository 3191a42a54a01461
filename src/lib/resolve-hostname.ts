import type { Resolver } from 'node:dns/promises';

/** What is used of Node's resolver; its timeout and tries are the deadline of a look-up. */
export type AddressResolver = Pick<Resolver, 'resolve4' | 'resolve6'>;

/** What a name has in one address family. `none`: the answer was that there is nothing. `failed`: there was no answer. */
export type FamilyResolution =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly ttlSeconds: number }
  | { readonly kind: 'none' | 'failed'; readonly message: string };

export interface Resolution {
  readonly ipv4: FamilyResolution;
  readonly ipv6: FamilyResolution;
}

/** Looks up the A and AAAA records of a name. Never throws. */
export async function resolveHostname(hostname: string, resolver: AddressResolver): Promise<Resolution> {
  const [ipv4, ipv6] = await Promise.all([
    resolver.resolve4(hostname, { ttl: true }).then(found, missed),
    resolver.resolve6(hostname, { ttl: true }).then(found, missed),
  ]);
  return { ipv4, ipv6 };
}

/** Names are asked for again at half their TTL, within these bounds, seconds. */
const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 300;
const RETRY_SECONDS = 5;

/** How long to wait before the next look-up; a TTL is missing after a failure. */
export function secondsToNextLookUp(ttlSeconds: number | undefined): number {
  if (ttlSeconds === undefined) return RETRY_SECONDS;
  return Math.min(Math.max(ttlSeconds / 2, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
}

interface AddressRecord {
  readonly address: string;
  readonly ttl: number;
}

function found(records: readonly AddressRecord[]): FamilyResolution {
  if (records.length === 0) return { kind: 'none', message: 'no address' };
  const addresses = [...new Set(records.map(({ address }) => address))].sort();
  return { kind: 'found', addresses, ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
}

/** c-ares: ENODATA is an empty answer, ENOTFOUND is NXDOMAIN. */
const NOTHING_THERE: readonly unknown[] = ['ENODATA', 'ENOTFOUND'];

function missed(error: unknown): FamilyResolution {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return { kind: NOTHING_THERE.includes(code) ? 'none' : 'failed', message };
}
