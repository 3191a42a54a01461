import { leafRefs } from '../../src/plan/leaves.ts';
import { place } from '../../src/plan/placement.ts';
import type { PlanInput } from '../../src/plan/plan.ts';
import { policyOf } from '../../src/plan/policy.ts';
import { allocationOf, shares, unionBackends } from '../../src/plan/shares.ts';
import type { Environment } from '../../src/spec/admission.ts';
import { parse } from '../../src/spec/parse.ts';
import type { FederatedIngress } from '../../src/spec/types.ts';

/** `before`: what was applied and how far it came, in order. `apply`: the document to plan. */
export interface Given {
  readonly before: readonly { readonly progress: number; readonly document: unknown }[];
  readonly apply: unknown;
  /** Who is registered, for documents that select clusters by labels. */
  readonly clusters?: Environment['clusters'];
}

type InForce = Omit<PlanInput, 'spec'>;

/** What the last document is planned from. */
export function planInputOf({ before, apply, clusters = [] }: Given): PlanInput {
  const none = { backends: [], shares: {} };
  const nothing: InForce = { inForce: none, policyInForce: undefined, ttlInForceSeconds: 0, existingLeaves: [] };
  const state = before.reduce((current, { document, progress }) => {
    return rollOut(current, specOf(document, clusters, current), progress);
  }, nothing);
  return { ...state, spec: specOf(apply, clusters, state) };
}

function specOf(document: unknown, clusters: Environment['clusters'], { inForce }: InForce): FederatedIngress {
  const parsed = parse(document);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return place(parsed.value, clusters, inForce.backends);
}

function rollOut(state: InForce, spec: FederatedIngress, progress: number): InForce {
  const to = allocationOf(spec.backends);
  const backends = progress === 100 ? to.backends : unionBackends(state.inForce, to);
  return {
    inForce: { backends, shares: shares(state.inForce, to, progress) },
    policyInForce: policyOf(spec),
    leavesInForce: spec,
    ttlInForceSeconds: spec.dns.ttlSeconds,
    existingLeaves: leafRefs(spec, backends),
  };
}
