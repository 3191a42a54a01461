import type { FederatedIngress, SpecIssue } from './types.ts';
import { joinAnd } from './words.ts';

/** Whether the clusters that canary steps name have a backend. For a document with placements: once it is placed. */
export function checkStepClusters({
  strategy,
  backends,
}: Pick<FederatedIngress, 'strategy' | 'backends'>): readonly SpecIssue[] {
  if (strategy.kind !== 'canary') return [];
  const known = [...new Set(backends.map(({ cluster }) => cluster))];
  return strategy.steps.flatMap((step, index) => {
    if (step.kind !== 'setWeight') return [];
    return (step.clusters ?? []).flatMap((cluster, place): readonly SpecIssue[] => {
      if (known.includes(cluster)) return [];
      const message =
        `found "${cluster}", where no backend is; allowed: ${joinAnd(known.toSorted())}; ` +
        'a cluster that leaves moves with the first step that names no clusters';
      return [{ path: `spec.strategy.canary.steps[${index}].clusters[${place}]`, message }];
    });
  });
}
