import type { Backend, Route } from './types.ts';

/**
 * How many rules and matches the HTTPRoute of these backends needs at most: a path for which the same Services are in
 * question shares a rule, and with several backends each has rules of its own as well, to be reached by name.
 */
export function countRules(backends: readonly Backend[]): { readonly rules: number; readonly matches: number } {
  const byText = new Map(
    backends.flatMap(({ routes }) => routes).map((route) => [`${route.pathType} ${route.path}`, route]),
  );
  const paths = [...byText.values()];
  const together = new Set(paths.map((path) => backends.map((backend) => serviceFor(backend, path)).join(' ')));
  const named = backends.map((backend) => new Set(paths.map((path) => serviceFor(backend, path))).size);
  if (backends.length < 2) return { rules: together.size, matches: paths.length };
  return {
    rules: together.size + named.reduce((sum, each) => sum + each, 0),
    matches: paths.length * (backends.length + 1),
  };
}

/** The Service of the backend's own longest route that covers a path; empty when none does. */
function serviceFor({ routes }: Backend, path: Route): string {
  const covering = routes.filter((route) => covers(route, path));
  const longest = covering.toSorted((a, b) => b.path.length - a.path.length || Number(b.pathType === 'Exact'))[0];
  return longest === undefined ? '' : `${longest.service.name}:${longest.service.port}`;
}

function covers(route: Route, path: Route): boolean {
  if (route.pathType === 'Exact') return path.pathType === 'Exact' && path.path === route.path;
  return `${path.path}/`.startsWith(route.path.endsWith('/') ? route.path : `${route.path}/`);
}
