import { backendId } from '../../../src/plan/backend-id.ts';
import { leafRefs } from '../../../src/plan/leaves.ts';
import type { PlanInput } from '../../../src/plan/plan.ts';
import { policyOf, type TrafficPolicy } from '../../../src/plan/policy.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { Allocation, LeafKind, LeafRef } from '../../../src/plan/types.ts';
import { parse } from '../../../src/spec/parse.ts';
import type { Backend, FederatedIngress, Leaf } from '../../../src/spec/types.ts';
import { aDocument } from '../spec/documents.ts';

/** `v1` in `east` unless `changes` say otherwise. */
export function aBackend(changes: Partial<Backend> & { service?: string } = {}): Backend {
  const { service = 'shop', ...rest } = changes;
  const routes = [{ path: '/', pathType: 'Prefix', service: { name: service, port: 80 } }] as const;
  return { name: 'v1', cluster: 'east', namespace: 'default', routes, weight: 100, ...rest };
}

export const v1 = aBackend();
export const v2 = aBackend({ name: 'v2', cluster: 'west', service: 'shop-v2' });
export const v1Id = backendId(v1);
export const v2Id = backendId(v2);

export const NOTHING: Allocation = { backends: [], shares: {} };

/** The domain form of a valid document, with `changes` to it. */
export function aSpec(changes: Partial<FederatedIngress> = {}): FederatedIngress {
  const parsed = parse(aDocument());
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return { ...parsed.value, ...changes };
}

/** An object of the FederatedIngress `shop` beside a backend. */
export function aLeaf(kind: LeafKind, { cluster, namespace }: Backend, name = 'shop'): LeafRef {
  return { kind, cluster, namespace, name };
}

export const HTTP_ROUTE: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'public' } };

/** By weight, drawn by exact counts, for 5 s. */
export function aPolicy(changes: Partial<TrafficPolicy> = {}): TrafficPolicy {
  return { ...policyOf(aSpec()), ttlSeconds: 5, ...changes };
}

/** From `live`, in force with its leaves and a TTL of 30 s, to `spec`. */
export function aPlanInput(spec: FederatedIngress, live: readonly Backend[]): PlanInput {
  return {
    spec,
    inForce: live.length === 0 ? NOTHING : allocationOf(live),
    policyInForce: live.length === 0 ? undefined : policyOf(aSpec()),
    ttlInForceSeconds: live.length === 0 ? 0 : 30,
    existingLeaves: leafRefs(spec, live),
  };
}
