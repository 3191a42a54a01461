import type { FederatedIngressDocument } from './schema.ts';
import type { SpecIssue } from './types.ts';

type Backend = FederatedIngressDocument['spec']['backends'][number];
type Expression = NonNullable<NonNullable<Backend['clusterSelector']>['matchExpressions']>[number];

/** What no single field of a backend can say about where it is, what it serves and how much. */
export function checkBackends(backends: readonly Backend[]): readonly SpecIssue[] {
  return [
    ...backends.flatMap((backend, index) => {
      const path = `spec.backends[${index}]`;
      return [...checkWhere(backend, path), ...checkServices(backend, path)];
    }),
    ...checkNames(backends),
    ...checkWeights(backends),
  ];
}

function checkWhere(backend: Backend, path: string): readonly SpecIssue[] {
  const { cluster, clusterSelector } = backend;
  if (cluster !== undefined && clusterSelector !== undefined) {
    return [{ path, message: 'found cluster and clusterSelector; write one of them' }];
  }
  if (clusterSelector !== undefined) return checkSelector(backend, path);
  if (cluster === undefined) {
    const message =
      'found neither cluster nor clusterSelector; write one of them, such as cluster: east, or clusterSelector: {} for every cluster';
    return [{ path, message }];
  }
  const surplus = (['clusterWeights', 'spread'] as const).filter((field) => backend[field] !== undefined);
  return surplus.map((field) => ({
    path: `${path}.${field}`,
    message: `found ${field} beside cluster; write it with clusterSelector, or leave it out`,
  }));
}

function checkSelector({ clusterSelector, clusterWeights, weight }: Backend, path: string): readonly SpecIssue[] {
  const expressions = clusterSelector?.matchExpressions ?? [];
  const lacksWeight = clusterWeights !== undefined && weight === undefined;
  return [
    ...expressions.flatMap((each, index) => {
      return checkExpression(each, `${path}.clusterSelector.matchExpressions[${index}]`);
    }),
    ...(lacksWeight
      ? [
          {
            path: `${path}.weight`,
            message: 'missing; write the weight of the clusters that clusterWeights does not name',
          },
        ]
      : []),
  ];
}

function checkExpression({ operator, values }: Expression, path: string): readonly SpecIssue[] {
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues === (values !== undefined)) return [];
  const message = takesValues
    ? `missing; write the values for operator ${operator}, such as values: [eu]`
    : `found values with operator ${operator}; leave them out, or write operator In or NotIn`;
  return [{ path: `${path}.values`, message }];
}

function checkServices(backend: Backend, path: string): readonly SpecIssue[] {
  const { service, routes } = backend;
  if (service !== undefined && routes !== undefined) {
    return [{ path, message: 'found service and routes; write one of them (service is short for one route / to it)' }];
  }
  if (service === undefined && routes === undefined) {
    return [{ path, message: 'found neither service nor routes; write one of them, such as service: {name, port}' }];
  }
  return (routes ?? []).flatMap((route, index) => checkRoute(route, index, { path, routes: routes ?? [] }));
}

function checkRoute(
  { path, pathType }: NonNullable<Backend['routes']>[number],
  index: number,
  backend: { readonly path: string; readonly routes: NonNullable<Backend['routes']> },
): readonly SpecIssue[] {
  const at = `${backend.path}.routes[${index}].path`;
  const first = backend.routes.findIndex((route) => route.path === path && route.pathType === pathType);
  if (first < index) {
    const message = `found ${pathType} ${path} again, it is in routes[${first}] already; write each path and type once`;
    return [{ path: at, message }];
  }
  // Kubernetes validation of Ingress and of HTTPRoute: such paths are refused for Prefix and Exact.
  const refused = ['//', '/./', '/../', '%2f', '%2F'].find((part) => path.includes(part));
  if (pathType === 'ImplementationSpecific' || refused === undefined) return [];
  return [
    { path: at, message: `found ${refused} in ${path}; allowed in ${pathType} paths: none of //, /./, /../, %2f` },
  ];
}

function checkNames(backends: readonly Backend[]): readonly SpecIssue[] {
  return backends.flatMap(({ name }, index) => {
    const first = backends.findIndex((backend) => backend.name === name);
    if (first === index) return [];
    const message = `found "${name}" again, it is the name of backends[${first}]; give each backend its own name`;
    return [{ path: `spec.backends[${index}].name`, message }];
  });
}

function checkWeights(backends: readonly Backend[]): readonly SpecIssue[] {
  const without = backends.flatMap(({ weight }, index) => (weight === undefined ? [index] : []));
  if (without.length === backends.length) return [];
  if (without.length > 0) {
    // A default next to weights that were written gives shares that nobody had in mind.
    return without.map((index) => ({
      path: `spec.backends[${index}].weight`,
      message: 'missing, but other backends have one; write a weight for each backend, or for none (equal parts)',
    }));
  }
  const weights = backends.flatMap(({ weight, clusterWeights }) => {
    return [weight, ...(clusterWeights ?? []).map((each) => each.weight)];
  });
  if (weights.some((weight) => weight !== 0)) return [];
  const message = `found weight 0 in all backends (${backends.length}); at least one must be above 0`;
  return [{ path: 'spec.backends', message }];
}
