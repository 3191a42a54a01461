import { at, listAt, numberAt, textAt } from '../../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../../lib/kubernetes/objects.ts';
import type { LeafIntent } from '../leaf.ts';
import { describeLeaf } from '../manifest.ts';
import { refused, type Wanted } from './kind.ts';

type Services = ReadonlyMap<string, AnyObject>;
type Backends = LeafIntent['backends'];

/** `to` and three `alternateBackends` (route.openshift.io/v1, RouteSpec). */
const MOST_BACKENDS = 4;

/** Why there can be no Route for these backends; undefined when there can. */
export function obstacle({ ref, backends }: LeafIntent, services: Services): Wanted | undefined {
  const leaf = describeLeaf(ref);
  if (backends.length > MOST_BACKENDS) {
    const message = `${leaf} would have ${backends.length} backends, and a Route has at most ${MOST_BACKENDS}: take backends out, or use leaf kind HTTPRoute`;
    return refused('TooManyBackends', message, false);
  }
  const routes = backends.map(({ backend }) => routeOf(backend));
  const twice = routes.find(
    ({ service }, index) => routes.findIndex((one) => one.service.name === service.name) < index,
  );
  if (twice) {
    const message = `${leaf} would have Service "${twice.service.name}" for two backends, and a Route lists a Service once: use leaf kind HTTPRoute`;
    return refused('SameService', message, false);
  }
  const paths = [...new Set(routes.map(({ path }) => path))];
  if (paths.length > 1) {
    const message = `${leaf} would have the paths ${paths.join(' and ')}, and a Route has one path: give all backends of the cluster the same, or use leaf kind HTTPRoute`;
    return refused('PathsDiffer', message, false);
  }
  return missing({ ref, backends }, services) ?? differing({ ref, backends }, services);
}

/**
 * `spec.port` of a Route goes by the pods' ports or by the names of the Services' ports, so it has to be looked up. Needed
 * only where a Service has several; `targetPort` is undefined where it is not. Undefined: there is no common one.
 */
export function targetPort(
  backends: Backends,
  services: Services,
): { readonly targetPort?: string | number } | undefined {
  const ports = backends.map(({ backend }) => portOf(routeOf(backend), services));
  const isOnlyPort = backends.every(({ backend }) => portsOf(services.get(routeOf(backend).service.name)).length === 1);
  if (isOnlyPort) return {};
  const name = common(ports.map((port) => textAt(port, 'name')));
  if (name !== undefined) return { targetPort: name };
  const number = common(ports.map((port) => numberAt(port, 'targetPort') ?? numberAt(port, 'port')));
  const hasNames = ports.some((port) => typeof at(port, 'targetPort') === 'string');
  return number === undefined || hasNames ? undefined : { targetPort: number };
}

function missing({ ref, backends }: Pick<LeafIntent, 'ref' | 'backends'>, services: Services): Wanted | undefined {
  for (const { backend } of backends) {
    const { name, port } = routeOf(backend).service;
    const service = `Service ${ref.namespace}/${name} in cluster ${ref.cluster}`;
    const found = services.get(name);
    if (!found) {
      const message = `${describeLeaf(ref)} is made after ${service}, which does not exist: create it, or correct the backend`;
      return refused('ServiceNotFound', message, true);
    }
    if (portOf(routeOf(backend), services) === undefined) {
      const ports = portsOf(found).map((one) => numberAt(one, 'port') ?? '?');
      return refused('PortNotFound', `${service} has no port ${port}: its ports are ${ports.join(', ')}`, true);
    }
  }
  return undefined;
}

function differing({ ref, backends }: Pick<LeafIntent, 'ref' | 'backends'>, services: Services): Wanted | undefined {
  if (targetPort(backends, services)) return undefined;
  const names = backends.map(({ backend }) => `"${routeOf(backend).service.name}"`).join(' and ');
  const message = `${describeLeaf(ref)} has one port for all backends, but the ports of Services ${names} have neither a name nor a target port in common: give them the same name`;
  return refused('PortsDiffer', message, true);
}

function common<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

function portOf({ service }: ReturnType<typeof routeOf>, services: Services): unknown {
  return portsOf(services.get(service.name)).find((port) => numberAt(port, 'port') === service.port);
}

function portsOf(service: AnyObject | undefined): readonly unknown[] {
  return listAt(service, 'spec', 'ports');
}

function routeOf({ routes: [route], name }: Backends[number]['backend']) {
  if (!route) throw new Error(`backend "${name}" has no route`);
  return route;
}
