import { backendId } from '../plan/backend-id.ts';
import { type GlobalIngress, globalIngress, slotsOf } from '../plan/global-ingress.ts';
import { policyOf } from '../plan/policy.ts';
import { ALL, roundByLargestRemainder, sameShares } from '../plan/shares.ts';
import type { Allocation } from '../plan/types.ts';
import { activities } from './activities.ts';
import type { Entity } from './entity.ts';
import { currentBackends, previewSide } from './leaf-intents.ts';
import type { PreviewStatus } from './status.ts';

/** What the planes answer for it: of what a rollout brings, only what is ready and known to them. Until then as the host. */
export function previewShares(entity: Entity, published: Allocation): Allocation {
  const side = previewSide(entity, published);
  if (side === published) return published;
  const known = new Set(published.backends.map(backendId));
  const ready = side.backends.filter((backend) => {
    const id = backendId(backend);
    const isReached = known.has(id) && (entity.addresses[id] ?? []).length > 0;
    return isReached && entity.readiness[id]?.kind === 'ready' && (side.shares[id] ?? 0) > 0;
  });
  const parts = ready.map((backend) => [backendId(backend), side.shares[backendId(backend)] ?? 0] as const);
  const sum = parts.reduce((all, [, share]) => all + share, 0);
  if (sum === 0) return published;
  const exact = parts.map(([id, share]) => [id, share * ALL] as const);
  return { backends: ready, shares: roundByLargestRemainder(exact, sum) };
}

/** Whether the planes answer something else for the preview host than they should while `published` is. */
export function isPreviewBehind(entity: Entity, published: Allocation): boolean {
  const { spec, preview } = entity;
  if (spec.preview === undefined || published.backends.length === 0) return false;
  return preview?.host !== spec.preview.host || !sameShares(preview.shares, previewShares(entity, published).shares);
}

/** The state of the preview host that goes with that of the host; undefined: there is none. */
export function previewState(
  entity: Entity,
  { host: previewOf, owner, revision }: GlobalIngress,
): GlobalIngress | undefined {
  const { spec, published, preview } = entity;
  if (spec.preview === undefined) {
    delete entity.preview;
    return undefined;
  }
  const { host } = spec.preview;
  const allocation = previewShares(entity, published);
  const serving = allocation.backends.filter((backend) => (allocation.shares[backendId(backend)] ?? 0) > 0);
  const state = globalIngress({
    host,
    previewOf,
    owner,
    revision,
    policy: entity.policy ?? policyOf(spec),
    allocation: { backends: serving, shares: allocation.shares },
    addresses: entity.addresses,
    hostnames: entity.hostnames ?? {},
    ports: entity.ports ?? {},
    slots: preview?.host === host ? preview.slots : undefined,
  });
  const slots = slotsOf(state);
  entity.preview = { host, shares: allocation.shares, ...(slots === undefined ? {} : { slots }) };
  return state;
}

/** Claims a preview host before it is used. Fails with HostnameClaimed. */
export async function claimPreview(entity: Entity, host: string | undefined): Promise<void> {
  if (host === undefined || entity.previewHosts?.includes(host)) return;
  const { namespace, name, spec } = entity;
  const claim = { host, owner: { namespace, name }, ttlSeconds: spec.dns.ttlSeconds };
  await activities.claimHost.executeWithOptions({ summary: `Claim ${host}` }, [claim]);
  entity.previewHosts = [...(entity.previewHosts ?? []), host];
}

/** Preview hosts that are ours and not wanted any more. One of a document that waits for its turn is. */
export function needlessPreviews({ spec, previewHosts = [], queued }: Entity): readonly string[] {
  return queued ? [] : previewHosts.filter((host) => host !== spec.preview?.host);
}

export function forgetPreviews(entity: Entity, released: readonly string[]): void {
  const kept = entity.previewHosts?.filter((host) => !released.includes(host)) ?? [];
  if (kept.length > 0) entity.previewHosts = kept;
  else delete entity.previewHosts;
}

/** The preview host and who answers for it, for people to read; undefined: there is none. */
export function previewStatus(entity: Entity): PreviewStatus | undefined {
  const { spec, preview } = entity;
  if (spec.preview === undefined) return undefined;
  const shares = preview?.host === spec.preview.host ? preview.shares : {};
  const backends = currentBackends(entity).flatMap((backend) => {
    const share = shares[backendId(backend)] ?? 0;
    return share === 0 ? [] : [{ name: backend.name, cluster: backend.cluster, share }];
  });
  return { host: spec.preview.host, backends };
}
