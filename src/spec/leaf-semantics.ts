import { LIMITS } from './defaults.ts';
import { edgeName } from './leaf-kinds.ts';
import type { FederatedIngressDocument } from './schema.ts';
import type { SpecIssue } from './types.ts';
import { joinOr } from './words.ts';

type Spec = FederatedIngressDocument['spec'];
type Leaf = Spec['leaf'];
type Backend = Spec['backends'][number];
type Routes = NonNullable<Backend['routes']>;

/** Which kinds of leaf have a field. */
const KINDS_WITH = {
  className: ['Ingress', 'HTTPRoute'],
  gateway: ['HTTPRoute'],
  type: ['Service'],
} as const satisfies Partial<Record<keyof Leaf, readonly Leaf['kind'][]>>;

/** What the kind of leaf allows. `name` is that of the document. */
export function checkLeaf({ leaf, backends, preview }: Spec, name: string): readonly SpecIssue[] {
  return [
    ...checkFields(leaf),
    ...checkGateway(leaf),
    ...checkServiceName(leaf, name),
    ...backends.flatMap((backend, index) => [
      ...checkRoutes(leaf.kind, backend.routes ?? [], `spec.backends[${index}]`),
      ...checkBackendName(leaf.kind, backend.name, {
        path: `spec.backends[${index}].name`,
        taken: preview === undefined ? ['cluster'] : ['cluster', 'preview'],
      }),
    ]),
  ];
}

function checkFields(leaf: Leaf): readonly SpecIssue[] {
  return (['className', 'gateway', 'type'] as const).flatMap((field) => {
    const kinds: readonly Leaf['kind'][] = KINDS_WITH[field];
    if (leaf[field] === undefined || kinds.includes(leaf.kind)) return [];
    const message = `found ${field} with leaf kind ${leaf.kind}; leave it out, it is for leaf kind ${joinOr(kinds)} only`;
    return [{ path: `spec.leaf.${field}`, message }];
  });
}

function checkGateway({ kind, className, gateway }: Leaf): readonly SpecIssue[] {
  if (kind !== 'HTTPRoute' || (className === undefined) !== (gateway === undefined)) return [];
  const found = className === undefined ? 'neither className nor gateway' : 'className and gateway';
  const message =
    `found ${found} with leaf kind HTTPRoute; write one of them: ` +
    'gateway: {name} for a Gateway that is there, className for one that is made beside the route';
  return [{ path: 'spec.leaf', message }];
}

/** Kubernetes: the name of a Service is a DNS label that begins with a letter (RFC 1035). */
function checkServiceName({ kind, type }: Leaf, name: string): readonly SpecIssue[] {
  if (kind !== 'Service' || type === undefined) return [];
  const longest = LIMITS.label - edgeName('').length;
  if (name.length <= longest && /^[a-z]/.test(name)) return [];
  const message =
    `found "${name}", after which the Service "${edgeName(name)}" would be named; ` +
    `allowed with leaf kind Service: a name that begins with a letter, at most ${longest} characters`;
  return [{ path: 'metadata.name', message }];
}

/** A Service knows no paths, a Route one, and an HTTPRoute no type that each controller reads in its own way. */
function checkRoutes(kind: Leaf['kind'], routes: Routes, path: string): readonly SpecIssue[] {
  switch (kind) {
    case 'Ingress':
      return [];
    case 'HTTPRoute':
      return routes.flatMap(({ pathType }, index) => {
        if (pathType !== 'ImplementationSpecific') return [];
        const message = 'found ImplementationSpecific; allowed with leaf kind HTTPRoute: Prefix or Exact';
        return [{ path: `${path}.routes[${index}].pathType`, message }];
      });
    case 'Service':
    case 'Route':
      return checkOneRoute(kind, routes, `${path}.routes`);
    default:
      return kind satisfies never;
  }
}

function checkOneRoute(kind: 'Service' | 'Route', routes: Routes, path: string): readonly SpecIssue[] {
  const [first] = routes;
  if (first === undefined) return [];
  const isPlain = first.pathType === 'Prefix' && (kind === 'Route' || first.path === '/');
  if (routes.length === 1 && isPlain) return [];
  const found = routes.length === 1 ? `${first.pathType} ${first.path}` : `${routes.length} routes`;
  const allowed = kind === 'Route' ? 'one route, with pathType Prefix' : 'one route, Prefix / (or service)';
  const instead = 'leaf kinds Ingress and HTTPRoute have more';
  return [{ path, message: `found ${found}; allowed with leaf kind ${kind}: ${allowed}; ${instead}` }];
}

/** `<name>-cluster` is the Route for `<cluster>.<host>`, and `<name>-preview` that for the preview host. */
function checkBackendName(
  kind: Leaf['kind'],
  name: string,
  { path, taken }: { readonly path: string; readonly taken: readonly string[] },
): readonly SpecIssue[] {
  if (kind !== 'Route' || !taken.includes(name)) return [];
  return [{ path, message: `found "${name}", a name that leaf kind Route needs for itself; write another one` }];
}
