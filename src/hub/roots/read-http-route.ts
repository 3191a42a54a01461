import { at, listAt, numberAt, textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import {
  isLabelled,
  leafClass,
  type Reading,
  ROOT_CLASS,
  refused,
  type SiteBackend,
  type SiteRoute,
} from './reading.ts';

/** The class of a Gateway of the hub; undefined when there is no such Gateway. */
export type ClassOfGateway = (namespace: string, name: string) => string | undefined;

/** The parents of an HTTPRoute that make it a root: Gateways of class `sluice`, or all of them when it is labelled. */
export function rootParents(route: AnyObject, classOf: ClassOfGateway): readonly unknown[] {
  const { namespace = 'default' } = route.metadata;
  const parents = listAt(route, 'spec', 'parentRefs');
  if (isLabelled(route)) return parents;
  return parents.filter((parent) => {
    if ((textAt(parent, 'kind') ?? 'Gateway') !== 'Gateway') return false;
    return classOf(textAt(parent, 'namespace') ?? namespace, textAt(parent, 'name') ?? '') === ROOT_CLASS;
  });
}

/** Reads an HTTPRoute (gateway.networking.k8s.io/v1) as sites, one a hostname. */
export function readHttpRoute(route: AnyObject, parents: readonly unknown[]): Reading {
  const hosts = listAt(route, 'spec', 'hostnames').filter((host) => typeof host === 'string');
  if (hosts.length === 0) return refused('it has no hostnames; write the hostnames that it is served at');
  const wild = hosts.find((host) => host.startsWith('*'));
  if (wild !== undefined) return refused(`it has the hostname "${wild}"; write whole hostnames`);
  const leaf = leafOf(route, parents);
  if (leaf === undefined)
    return refused('it has no parentRefs; name a Gateway, or a class by annotation sluice.dev/leaf-class');
  const backends = readRules(route);
  if (typeof backends === 'string') return refused(backends);
  return { kind: 'sites', sites: hosts.map((host) => ({ host, leaf, backends })) };
}

/** In the clusters the route goes to the Gateway of the same name, or to a Gateway of its own with the class that is asked for. */
function leafOf(route: AnyObject, [parent]: readonly unknown[]): object | undefined {
  const className = leafClass(route);
  if (className !== undefined) return { kind: 'HTTPRoute', className };
  const name = textAt(parent, 'name');
  if (name === undefined) return undefined;
  const namespace = textAt(parent, 'namespace');
  const sectionName = textAt(parent, 'sectionName');
  const gateway = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(sectionName !== undefined && { sectionName }),
  };
  return { kind: 'HTTPRoute', gateway };
}

/**
 * One backend with a route for each match; where the only rule has several backendRefs, one backend each with its weight.
 * The text of what cannot be said that way, otherwise.
 */
function readRules(route: AnyObject): readonly SiteBackend[] | string {
  const rules = listAt(route, 'spec', 'rules');
  const unknown = rules.map(unsayable).find((problem) => problem !== undefined);
  if (unknown !== undefined) return unknown;
  const [first] = rules;
  const several = rules.find((rule) => listAt(rule, 'backendRefs').length > 1);
  if (several !== undefined && rules.length > 1) {
    return 'it has several rules, and one with several backendRefs; write an HTTPRoute for each rule, or a FederatedIngress';
  }
  const paths = (rule: unknown): readonly Path[] => pathsOf(rule);
  if (several !== undefined) {
    return listAt(first, 'backendRefs').map((reference) => {
      const service = serviceOf(reference);
      const routes = paths(first).map((path) => ({ ...path, service }));
      return { name: service.name, weight: numberAt(reference, 'weight') ?? 1, routes };
    });
  }
  const routes = rules.flatMap((rule): readonly SiteRoute[] => {
    const service = serviceOf(listAt(rule, 'backendRefs')[0]);
    return paths(rule).map((path) => ({ ...path, service }));
  });
  return routes.length === 0 ? 'it has no rules' : [{ name: route.metadata.name, routes }];
}

type Path = Omit<SiteRoute, 'service'>;

function pathsOf(rule: unknown): readonly Path[] {
  const matches = listAt(rule, 'matches');
  if (matches.length === 0) return [{ path: '/', pathType: 'Prefix' }];
  return matches.map((match) => ({
    path: textAt(match, 'path', 'value') ?? '/',
    pathType: textAt(match, 'path', 'type') === 'Exact' ? 'Exact' : 'Prefix',
  }));
}

function serviceOf(reference: unknown): SiteRoute['service'] {
  return { name: textAt(reference, 'name') ?? '', port: numberAt(reference, 'port') ?? 0 };
}

/** What a rule says that a FederatedIngress has no words for. */
function unsayable(rule: unknown): string | undefined {
  if (listAt(rule, 'filters').length > 0) return 'it has a rule with filters, which cannot be federated';
  const special = listAt(rule, 'matches').find((match) => {
    return ['headers', 'method', 'queryParams'].some((field) => at(match, field) !== undefined);
  });
  if (special !== undefined) return 'it has a match by something else than the path, which cannot be federated';
  const regular = listAt(rule, 'matches').find((match) => textAt(match, 'path', 'type') === 'RegularExpression');
  if (regular !== undefined) return 'it has a path that is a regular expression, which cannot be federated';
  const references = listAt(rule, 'backendRefs');
  if (references.length === 0) return 'it has a rule without backendRefs';
  const wrong = references.find((one) => {
    return (
      (textAt(one, 'kind') ?? 'Service') !== 'Service' ||
      numberAt(one, 'port') === undefined ||
      at(one, 'namespace') !== undefined
    );
  });
  return wrong === undefined
    ? undefined
    : `it has a backendRef "${textAt(wrong, 'name') ?? ''}" that is no Service of its own namespace with a port`;
}
