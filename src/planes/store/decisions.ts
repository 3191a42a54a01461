import { isDeepStrictEqual } from 'node:util';
import { emptyGlobalIngress, type GlobalIngress, type Owner } from '../../plan/global-ingress.ts';
import { claimedState, type Document, revisionOf } from './document.ts';
import type { ClaimOutcome, PutOutcome } from './store.ts';

/** What to do about the newest document of a hostname, whatever it is kept in: write the one that follows, or nothing. */
export interface Decision<T> {
  readonly write?: Document;
  readonly outcome: T;
}

export interface Claim {
  readonly host: string;
  readonly owner: Owner;
  readonly ttlSeconds: number;
}

/** Lower-case labels of letters, digits, hyphens and underscores: no name in it can leave a folder or a URL. */
const HOST_PATTERN = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

export function decideClaim(
  { host, owner, ttlSeconds }: Claim,
  document: Document | undefined,
): Decision<ClaimOutcome> {
  const current = claimedState(document);
  if (current !== undefined && sameOwner(current.owner, owner)) return { outcome: { kind: 'claimed', current } };
  if (current !== undefined) return { outcome: { kind: 'taken', by: current.owner } };
  const state = emptyGlobalIngress({ host, owner, revision: revisionOf(document) + 1, ttlSeconds });
  return { write: { kind: 'claimed', state }, outcome: { kind: 'claimed', current: state } };
}

export function decidePut(next: GlobalIngress, document: Document | undefined): Decision<PutOutcome> {
  const current = claimedState(document);
  if (isDeepStrictEqual(current, next)) return { outcome: { kind: 'written' } };
  const mayWrite = current !== undefined && sameOwner(current.owner, next.owner) && next.revision > current.revision;
  if (!mayWrite) return { outcome: { kind: 'conflict', current } };
  return { write: { kind: 'claimed', state: next }, outcome: { kind: 'written' } };
}

export function decideRelease(host: string, owner: Owner, document: Document | undefined): Decision<undefined> {
  const current = claimedState(document);
  if (current === undefined || !sameOwner(current.owner, owner)) return { outcome: undefined };
  return { write: { kind: 'released', host, revision: current.revision + 1 }, outcome: undefined };
}

export function isHost(name: string): boolean {
  return HOST_PATTERN.test(name);
}

export function checkHost(host: string): string {
  if (isHost(host)) return host;
  throw new Error(`${JSON.stringify(host)} is no hostname; allowed are lower-case labels with dots, 253 characters`);
}

function sameOwner(left: Owner, right: Owner): boolean {
  return left.namespace === right.namespace && left.name === right.name;
}
