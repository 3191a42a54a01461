import type { Environment } from '../spec/admission.ts';
import { hasLabels, selects } from '../spec/selector.ts';
import type { Backend, FederatedIngress, Placement, Spread } from '../spec/types.ts';
import { backendId, compareText } from './backend-id.ts';

type Clusters = Environment['clusters'];
type Cluster = Clusters[number];

/**
 * Adds a backend for each selected cluster, in place of those of an earlier placement. Prefers clusters that have one already
 * (`current`), so that a spread moves as little as can be. The same input gives the same result, in whatever order clusters come.
 */
export function place(spec: FederatedIngress, clusters: Clusters, current: readonly Backend[]): FederatedIngress {
  const named = spec.backends.filter(({ placement }) => placement === undefined);
  const selected = spec.placements.flatMap((placement) => backendsOfPlacement(placement, clusters, current));
  return { ...spec, backends: [...named, ...selected] };
}

function backendsOfPlacement(
  placement: Placement,
  clusters: Clusters,
  current: readonly Backend[],
): readonly Backend[] {
  const selected = clusters
    .filter(({ labels }) => selects(placement.selector, labels))
    .toSorted((a, b) => compareText(a.name, b.name));
  const isKept = ({ name }: Cluster): boolean => {
    const id = backendId(backendIn(placement, { name, labels: {} }));
    return current.some((backend) => {
      return backend.cluster === name && (backend.placement === placement.name || backendId(backend) === id);
    });
  };
  const chosen = placement.spread === undefined ? selected : spreadOver(selected, placement.spread, isKept);
  return chosen.map((cluster) => backendIn(placement, cluster));
}

function backendIn(placement: Placement, { name, labels }: Cluster): Backend {
  const special = placement.clusterWeights.find(({ matchLabels }) => hasLabels(labels, matchLabels));
  return {
    name: `${placement.name}-${name}`,
    cluster: name,
    placement: placement.name,
    namespace: placement.namespace,
    routes: placement.routes,
    weight: special?.weight ?? placement.weight,
  };
}

/** Clusters with the same value of the spread's label; those to keep first, then by name. */
interface Group {
  readonly value: string;
  readonly members: readonly Cluster[];
  readonly kept: number;
}

function spreadOver(
  selected: Clusters,
  { by, maxClusters }: Spread,
  isKept: (cluster: Cluster) => boolean,
): readonly Cluster[] {
  const valueOf = ({ labels }: Cluster) => (by === undefined ? '' : (labels[by] ?? ''));
  const groups = [...Map.groupBy(selected, valueOf)].map(([value, all]): Group => {
    const kept = all.filter(isKept);
    return { value, members: [...kept, ...all.filter((cluster) => !kept.includes(cluster))], kept: kept.length };
  });
  const counts = quotas(groups, maxClusters);
  return groups
    .flatMap(({ members }, index) => members.slice(0, counts[index]))
    .toSorted((a, b) => compareText(a.name, b.name));
}

/**
 * How many of each group: one in turn for each that has more, so nobody is ahead by more than one of a group that could have
 * more. Within a turn that is not full those go first who keep a cluster that way.
 */
function quotas(groups: readonly Group[], maxClusters: number): readonly number[] {
  const counts = groups.map(() => 0);
  let left = maxClusters;
  for (let level = 1; left > 0; level += 1) {
    const open = groups.map((_, index) => index).filter((index) => (groups[index]?.members.length ?? 0) >= level);
    if (open.length === 0) break;
    const turn = open.toSorted((a, b) => compareTurns(groups[a], groups[b], level)).slice(0, left);
    for (const index of turn) counts[index] = level;
    left -= turn.length;
  }
  return counts;
}

function compareTurns(left: Group | undefined, right: Group | undefined, level: number): number {
  if (left === undefined || right === undefined) return 0;
  return Number(right.kept >= level) - Number(left.kept >= level) || compareText(left.value, right.value);
}
