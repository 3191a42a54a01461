import { LIMITS } from './defaults.ts';
import { countRules } from './http-rules.ts';
import { splitsInCluster } from './leaf-kinds.ts';
import type { Backend, Leaf, SpecIssue } from './types.ts';

/** A backend, where the document has it, and how messages about others call it. */
export interface BackendEntry {
  readonly backend: Backend;
  readonly path: string;
  /** Such as `backends[0] ("v1")`. */
  readonly called: string;
}

/** What backends of one cluster may be beside each other. Each issue is at the later one of those that do not go together. */
export function checkBeside(kind: Leaf['kind'], entries: readonly BackendEntry[]): readonly SpecIssue[] {
  const clusters = Map.groupBy(entries, ({ backend }) => backend.cluster);
  return [...clusters.values()].flatMap((near) => {
    return near.flatMap((entry, index) => checkEntry(kind, entry, near.slice(0, index)));
  });
}

function checkEntry(kind: Leaf['kind'], entry: BackendEntry, before: readonly BackendEntry[]): readonly SpecIssue[] {
  const [first] = before;
  if (first === undefined) return kind === 'HTTPRoute' ? checkRules([entry]) : [];
  const same = before.find((other) => identity(other.backend) === identity(entry.backend));
  if (same !== undefined) {
    const message = `found the same cluster, namespace and services as in ${same.called}; list each once`;
    return [{ path: entry.path, message }];
  }
  if (!splitsInCluster(kind)) return [cannotSplit(kind, entry, first)];
  return [
    ...checkNamespace(kind, entry, first),
    ...(kind === 'Route' ? checkRoute(entry, before, first) : checkRules([...before, entry])),
  ];
}

function cannotSplit(kind: Leaf['kind'], { backend, path }: BackendEntry, first: BackendEntry): SpecIssue {
  const message =
    `found cluster "${backend.cluster}" again, ${first.called} is there already; ` +
    `leaf kind ${kind} cannot split traffic inside a cluster: ` +
    'write one backend a cluster, or leaf kind HTTPRoute, which can split';
  return { path: `${path}.cluster`, message };
}

function checkNamespace(
  kind: Leaf['kind'],
  { backend, path }: BackendEntry,
  first: BackendEntry,
): readonly SpecIssue[] {
  if (backend.namespace === first.backend.namespace) return [];
  const message =
    `found namespace "${backend.namespace}", but ${first.called} in the same cluster has "${first.backend.namespace}"; ` +
    `one ${kind} serves the backends of a cluster: write the same namespace for both, or another cluster`;
  return [{ path: `${path}.namespace`, message }];
}

/** An OpenShift Route has one path for all of its Services, and takes four of them. */
function checkRoute(
  { backend, path }: BackendEntry,
  before: readonly BackendEntry[],
  first: BackendEntry,
): readonly SpecIssue[] {
  if (before.length === LIMITS.routeBackends) {
    const message = `found ${before.length + 1} backends in cluster "${backend.cluster}"; allowed with leaf kind Route: ${LIMITS.routeBackends}`;
    return [{ path, message }];
  }
  const [mine, theirs] = [backend.routes[0]?.path, first.backend.routes[0]?.path];
  if (mine === theirs) return [];
  const message =
    `found path ${mine}, but ${first.called} in the same cluster has ${theirs}; ` +
    'one Route serves the backends of a cluster: write the same for both, or leaf kind HTTPRoute';
  return [{ path, message }];
}

/** All paths of a cluster's backends are in one HTTPRoute. */
function checkRules(entries: readonly BackendEntry[]): readonly SpecIssue[] {
  const last = entries.at(-1);
  const { rules, matches } = countRules(entries.map(({ backend }) => backend));
  const isMuch = rules > LIMITS.httpRouteRules || matches > LIMITS.httpRouteMatches;
  if (last === undefined || !isMuch) return [];
  const message =
    `found paths and Services that come to ${rules} rules and ${matches} matches of one HTTPRoute in cluster "${last.backend.cluster}"; ` +
    `allowed: ${LIMITS.httpRouteRules} rules and ${LIMITS.httpRouteMatches} matches, write fewer routes`;
  return [{ path: last.path, message }];
}

/** Equal for backends that are the same whatever their names. */
function identity({ namespace, routes }: Backend): string {
  const targets = routes.map(({ path, pathType, service }) => [pathType, path, service.name, service.port].join(' '));
  return JSON.stringify([namespace, targets.toSorted()]);
}
