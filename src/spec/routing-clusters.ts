import type { Backend, FederatedIngress, SpecIssue } from './types.ts';
import { joinAnd } from './words.ts';

/** Whether the clusters that routing names are those of the backends. For a document with placements: once it is placed. */
export function checkRoutingClusters({
  routing,
  backends,
}: Pick<FederatedIngress, 'routing' | 'backends'>): readonly SpecIssue[] {
  switch (routing.kind) {
    case 'weighted':
      return [];
    case 'failover': {
      const path = 'spec.routing.failover.clusters';
      return [...checkKnown(routing.clusters, { path, backends }), ...checkCovered(routing.clusters, backends, path)];
    }
    case 'geo':
      return routing.regions.flatMap(({ clusters }, index) => {
        return checkKnown(clusters, { path: `spec.routing.geo.regions[${index}].clusters`, backends });
      });
    default:
      return routing satisfies never;
  }
}

/** An order that leaves a cluster out would give its backend a weight and never a client. */
function checkCovered(clusters: readonly string[], backends: readonly Backend[], path: string): readonly SpecIssue[] {
  const missing = backends.filter(({ cluster }) => !clusters.includes(cluster));
  const first = missing.filter(({ cluster }, index) => missing.findIndex((each) => each.cluster === cluster) === index);
  return first.map(({ name, cluster }) => ({
    path,
    message: `found no "${cluster}", where backend "${name}" is; write every cluster of the backends once, the preferred one first`,
  }));
}

function checkKnown(
  clusters: readonly string[],
  { path, backends }: { readonly path: string; readonly backends: readonly Backend[] },
): readonly SpecIssue[] {
  const known = backends.map(({ cluster }) => cluster);
  return clusters.flatMap((cluster, index) => {
    if (known.includes(cluster)) return [];
    const allowed = joinAnd([...new Set(known)].toSorted());
    return [{ path: `${path}[${index}]`, message: `found "${cluster}", where no backend is; allowed: ${allowed}` }];
  });
}
