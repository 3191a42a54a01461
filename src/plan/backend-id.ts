import type { Backend, Route } from '../spec/types.ts';
import type { BackendId } from './types.ts';

/**
 * What a backend is, whatever its name: `east/default/shop:80`, or with more than one route to everything under `/`
 * `east/default/[Prefix /api api-v2:8080, Prefix / shop-v2:80]`. The order in which routes were written is no difference.
 */
export function backendId({ cluster, namespace, routes }: Backend): BackendId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the brand's one source
  return `${cluster}/${namespace}/${routesText(routes)}` as BackendId;
}

/** The backends that shares, or anything else by backend, speak of. */
export function backendIds(byBackend: Readonly<Record<BackendId, unknown>>): readonly BackendId[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the type of the keys
  return Object.keys(byBackend) as BackendId[];
}

/** Code-unit order, the same on every machine (localeCompare is not). */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function routesText(routes: readonly Route[]): string {
  const [only] = routes;
  if (routes.length === 1 && only?.path === '/' && only.pathType === 'Prefix') return serviceText(only);
  const texts = routes.toSorted(compareRoutes).map((route) => `${route.pathType} ${route.path} ${serviceText(route)}`);
  return `[${texts.join(', ')}]`;
}

function serviceText({ service }: Route): string {
  return `${service.name}:${service.port}`;
}

/** Longest path first, as it is matched. */
function compareRoutes(left: Route, right: Route): number {
  return (
    right.path.length - left.path.length ||
    compareText(left.path, right.path) ||
    compareText(left.pathType, right.pathType) ||
    compareText(serviceText(left), serviceText(right))
  );
}
