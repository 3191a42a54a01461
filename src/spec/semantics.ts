import { formatSeconds } from '../lib/duration.ts';
import { checkBackends } from './backend-semantics.ts';
import { checkLeaf } from './leaf-semantics.ts';
import { checkPreview } from './preview.ts';
import type { FederatedIngressDocument } from './schema.ts';
import { checkStrategy } from './strategy-semantics.ts';
import { checkTraffic } from './traffic-semantics.ts';
import type { SpecIssue } from './types.ts';

type Spec = FederatedIngressDocument['spec'];

/** What no single field can say. Works on documents that the schema has let through. */
export function checkSemantics({ spec, metadata }: FederatedIngressDocument): readonly SpecIssue[] {
  return [
    ...checkPreview(spec),
    ...checkBackends(spec.backends),
    ...checkLeaf(spec, metadata.name),
    ...checkStrategy(spec.strategy),
    ...checkDeadline(spec),
    ...checkTraffic(spec),
  ];
}

/** A shift ends when old answers have left the caches, a TTL later: a shorter deadline would take every rollout back. */
function checkDeadline({ strategy, dns }: Spec): readonly SpecIssue[] {
  return (['direct', 'canary', 'blueGreen'] as const).flatMap((kind) => {
    const deadline = strategy[kind]?.progressDeadline;
    if (deadline === undefined || deadline > dns.ttl) return [];
    const message = `found ${formatSeconds(deadline)}, which is not longer than dns.ttl (${formatSeconds(dns.ttl)}); write a longer one or a shorter dns.ttl`;
    return [{ path: `spec.strategy.${kind}.progressDeadline`, message }];
  });
}
