import { type BackendEntry, checkBeside } from './beside.ts';
import { LIMITS } from './defaults.ts';
import { checkRoutingClusters } from './routing-clusters.ts';
import { selects } from './selector.ts';
import { checkStepClusters } from './step-clusters.ts';
import type { Backend, FederatedIngress, Placement, RegisteredLabels, SpecIssue } from './types.ts';
import { joinAnd, shorten } from './words.ts';

/** What is wrong with the backends that placements have come to. */
export function admitPlacements(spec: FederatedIngress, clusters: readonly RegisteredLabels[]): readonly SpecIssue[] {
  const empty = spec.placements.flatMap((placement) => checkSelection(placement, clusters));
  if (empty.length > 0) return empty;
  return [
    ...spec.backends.flatMap((backend, index) => checkName(spec, backend, spec.backends.slice(0, index))),
    ...checkSum(spec.backends),
    ...checkBeside(
      spec.leaf.kind,
      spec.backends.map((backend) => entryOf(spec, backend)),
    ),
    ...checkRoutingClusters(spec),
    ...checkStepClusters(spec),
  ];
}

/** Where the document has a backend: by its index, or with placements, which come to several, by its name there. */
export function pathOf({ placements, backends }: FederatedIngress, backend: Backend): string {
  if (placements.length === 0) return `spec.backends[${backends.indexOf(backend)}]`;
  return `spec.backends[name=${JSON.stringify(backend.placement ?? backend.name)}]`;
}

function entryOf(spec: FederatedIngress, backend: Backend): BackendEntry {
  return { backend, path: pathOf(spec, backend), called: `backend "${backend.name}"` };
}

function checkSelection({ name, selector }: Placement, clusters: readonly RegisteredLabels[]): readonly SpecIssue[] {
  if (clusters.some(({ labels }) => selects(selector, labels))) return [];
  const registered = clusters.length === 0 ? 'none' : joinAnd(clusters.map(labelsText).toSorted());
  const message =
    `found a selector that no registered cluster fulfils; registered: ${registered}; ` +
    'write one that a cluster fulfils, or give a cluster the labels';
  return [{ path: `spec.backends[name=${JSON.stringify(name)}].clusterSelector`, message }];
}

/** `east (region=eu, size=big)` */
function labelsText({ name, labels }: RegisteredLabels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return `${name} (${pairs.length === 0 ? 'no labels' : shorten(pairs.toSorted().join(', '))})`;
}

function checkName(spec: FederatedIngress, backend: Backend, before: readonly Backend[]): readonly SpecIssue[] {
  const path = `${pathOf(spec, backend)}.name`;
  const { name, cluster, placement } = backend;
  if (before.some((other) => other.name === name)) {
    const where = placement === undefined ? '' : `, which "${placement}" comes to in cluster "${cluster}"`;
    return [{ path, message: `found "${name}" again${where}; give each backend its own name` }];
  }
  if (name.length <= LIMITS.label) return [];
  const message = `found ${name.length} characters in "${name}", which it comes to in cluster "${cluster}"; allowed: ${LIMITS.label}, write a shorter one`;
  return [{ path, message }];
}

function checkSum(backends: readonly Backend[]): readonly SpecIssue[] {
  const path = 'spec.backends';
  if (backends.length > LIMITS.backends) {
    const message = `found ${backends.length} backends, once placed; allowed: ${LIMITS.backends}, write a spread with maxClusters`;
    return [{ path, message }];
  }
  if (backends.some(({ weight }) => weight > 0)) return [];
  return [
    { path, message: `found weight 0 in all backends (${backends.length}), once placed; at least one must be above 0` },
  ];
}
