import type { Backend, Route } from '../../../spec/types.ts';
import type { LeafIntent } from '../leaf.ts';
import { type Weighted, weighted } from './serving.ts';

/** A request with this header goes to the backend that it names, whatever the shares. */
export const BACKEND_HEADER = 'Sluice-Backend';

export interface HttpRule {
  readonly matches: readonly HttpMatch[];
  readonly backendRefs: readonly BackendRef[];
}

interface HttpMatch {
  readonly path: HttpPath;
  readonly headers?: readonly { readonly type: 'Exact'; readonly name: string; readonly value: string }[];
}

interface HttpPath {
  readonly type: 'PathPrefix' | 'Exact';
  readonly value: string;
}

interface BackendRef {
  readonly group: '';
  readonly kind: 'Service';
  readonly name: string;
  readonly port: number;
  readonly weight: number;
}

/** HTTPRoute of the Gateway API v1: limits of its schema and of the CEL rule on `rules`. */
const LIMITS = { rules: 16, matchesOfRule: 64, matches: 128, backendRefs: 16 } as const;

/**
 * The rules of all paths of all backends. For each path, each backend gives the service of its own longest route that
 * covers it, so that a client who is drawn to a backend finds what that backend alone would serve. Where only backends
 * without traffic cover a path there is no rule. With several backends, a header reaches each by name.
 *
 * A gateway prefers the longer path over the header (precedence of HTTPRouteRule), hence a header match for every path.
 */
export function httpRouteRules(backends: LeafIntent['backends']): readonly HttpRule[] {
  const sides = weighted(backends);
  const paths = unionOfPaths(sides);
  const named = sides.length > 1 ? sides : [];
  return [
    ...rulesOf(paths.map((path) => ({ match: { path }, refs: backendRefs(sides, path) }))),
    ...named.flatMap(({ backend }) => {
      const headers = [{ type: 'Exact', name: BACKEND_HEADER, value: backend.name }] as const;
      const alone = [{ backend, weight: 1 }];
      return rulesOf(paths.map((path) => ({ match: { path, headers }, refs: backendRefs(alone, path) })));
    }),
  ];
}

/** Which limit of the Gateway API the rules do not keep, in words; undefined when they keep all. */
export function excessOf(rules: readonly HttpRule[]): string | undefined {
  const matches = rules.reduce((sum, rule) => sum + rule.matches.length, 0);
  const refs = Math.max(0, ...rules.map(({ backendRefs: { length } }) => length));
  if (rules.length > LIMITS.rules) return `${rules.length} rules, and at most ${LIMITS.rules} are allowed`;
  if (matches > LIMITS.matches) return `${matches} matches in all, and at most ${LIMITS.matches} are allowed`;
  if (refs > LIMITS.backendRefs) return `${refs} Services in one rule, and at most ${LIMITS.backendRefs} are allowed`;
  return undefined;
}

interface Candidate {
  readonly match: HttpMatch;
  readonly refs: readonly BackendRef[];
}

/** Matches that lead to the same Services share a rule: rules are scarce. */
function rulesOf(candidates: readonly Candidate[]): readonly HttpRule[] {
  const kept = candidates.filter(({ refs }) => refs.length > 0);
  const groups = Map.groupBy(kept, ({ refs }) => refs.map(refText).join(' '));
  return [...groups.values()].flatMap((group) => {
    const refs = group[0]?.refs ?? [];
    return chunksOf(group, LIMITS.matchesOfRule).map((chunk) => ({
      matches: chunk.map(({ match }) => match),
      backendRefs: refs,
    }));
  });
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** A Service that several backends give is listed once, with the sum. Nothing when nobody with traffic covers the path. */
function backendRefs(sides: readonly Weighted[], path: HttpPath): readonly BackendRef[] {
  const sums = new Map<string, BackendRef>();
  for (const { backend, weight } of sides) {
    const service = serviceFor(backend, path);
    if (!service) continue;
    const ref = { group: '', kind: 'Service', name: service.name, port: service.port, weight } as const;
    const before = sums.get(serviceText(ref));
    sums.set(serviceText(ref), { ...ref, weight: weight + (before?.weight ?? 0) });
  }
  const refs = [...sums.values()];
  if (refs.every(({ weight }) => weight === 0)) return [];
  // The share of a Service that is alone is no concern of the rule, and would change it with every step.
  return refs.length === 1 ? refs.map((ref) => ({ ...ref, weight: 1 })) : refs;
}

function serviceFor({ routes }: Backend, path: HttpPath): Route['service'] | undefined {
  const covering = routes.filter((route) => covers(pathOf(route), path));
  return covering.toSorted((left, right) => comparePaths(pathOf(left), pathOf(right)))[0]?.service;
}

/** Whether every request that comes under `path` also comes under `route`. Prefixes go by path elements. */
function covers(route: HttpPath, path: HttpPath): boolean {
  if (route.type === 'Exact') return path.type === 'Exact' && path.value === route.value;
  const prefix = route.value === '/' ? '/' : `${route.value}/`;
  return `${path.value}/`.startsWith(prefix);
}

function unionOfPaths(sides: readonly Weighted[]): readonly HttpPath[] {
  const paths = sides.flatMap(({ backend }) => backend.routes.map(pathOf));
  const unique = new Map(paths.map((path) => [`${path.type} ${path.value}`, path]));
  return [...unique.values()].sort(comparePaths);
}

/** In the order in which a gateway tries them, and then in one that does not depend on the spec's. */
function comparePaths(left: HttpPath, right: HttpPath): number {
  if (left.type !== right.type) return left.type === 'Exact' ? -1 : 1;
  return right.value.length - left.value.length || (left.value < right.value ? -1 : Number(left.value > right.value));
}

/** `/api` and `/api/` are the same prefix. */
function pathOf({ path, pathType }: Route): HttpPath {
  if (pathType === 'Exact') return { type: 'Exact', value: path };
  return { type: 'PathPrefix', value: path.replace(/\/+$/, '') || '/' };
}

function serviceText({ name, port }: BackendRef): string {
  return `${name}:${port}`;
}

function refText(ref: BackendRef): string {
  return `${serviceText(ref)}=${ref.weight}`;
}
