import { formatSeconds } from '../lib/duration.ts';
import { LIMITS } from './defaults.ts';
import { secondsOf } from './fields.ts';
import type { FederatedIngressDocument } from './schema.ts';
import { checkTraffic } from './traffic-semantics.ts';
import type { SpecIssue } from './types.ts';

type Spec = FederatedIngressDocument['spec'];
type Backend = Spec['backends'][number];

/** What no single field can say. Works on documents that the schema has let through. */
export function checkSemantics({ spec, metadata }: FederatedIngressDocument): readonly SpecIssue[] {
  return [
    ...spec.backends.flatMap((backend, index) => checkServices(backend, `spec.backends[${index}]`)),
    ...checkNames(spec.backends),
    ...checkWeights(spec.backends),
    ...checkClusters(spec, metadata.namespace),
    ...checkSteps(spec.strategy.canary?.steps ?? []),
    ...checkDeadline(spec),
    ...checkTraffic(spec),
  ];
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
  // Kubernetes Ingress validation: such paths are refused for Prefix and Exact.
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
  if (backends.some(({ weight }) => weight !== 0)) return [];
  const message = `found weight 0 in all backends (${backends.length}); at least one must be above 0`;
  return [{ path: 'spec.backends', message }];
}

function checkClusters({ backends, leaf }: Spec, namespace: string): readonly SpecIssue[] {
  return backends.flatMap((backend, index) => {
    const first = backends.findIndex(({ cluster }) => cluster === backend.cluster);
    const other = backends[first];
    if (first === index || other === undefined) return [];
    if (identity(backend, namespace) === identity(other, namespace)) {
      const message = `found the same cluster, namespace and services as in backends[${first}] ("${other.name}"); list each once`;
      return [{ path: `spec.backends[${index}]`, message }];
    }
    const message =
      `found cluster "${backend.cluster}" again, backends[${first}] ("${other.name}") is there already; ` +
      `leaf kind ${leaf.kind} cannot split traffic inside a cluster: write one backend a cluster ` +
      '(leaf kind HTTPRoute will be able to split, it is not in this version)';
    return [{ path: `spec.backends[${index}].cluster`, message }];
  });
}

/** Equal for backends that are the same whatever their names. */
function identity(backend: Backend, namespace: string): string {
  const routes = backend.routes ?? [{ path: '/', pathType: 'Prefix', service: backend.service }];
  const targets = routes.map(({ path, pathType, service }) => [pathType, path, service?.name, service?.port].join(' '));
  return JSON.stringify([backend.namespace ?? namespace, targets.toSorted()]);
}

type Steps = NonNullable<Spec['strategy']['canary']>['steps'];

/** A step list has to come to its end: weights only rise, and its timed pauses have a limit. */
function checkSteps(steps: Steps): readonly SpecIssue[] {
  const issues: SpecIssue[] = [];
  let reached = 0;
  for (const [index, { setWeight }] of steps.entries()) {
    if (setWeight === undefined) continue;
    if (setWeight <= reached) {
      const message = `found ${setWeight} after ${reached}; weights must rise from step to step, or the rollout never ends`;
      issues.push({ path: `spec.strategy.canary.steps[${index}].setWeight`, message });
    }
    reached = Math.max(reached, setWeight);
  }
  const paused = steps.reduce((sum, { pause }) => sum + (pause?.duration ?? 0), 0);
  if (paused > secondsOf(LIMITS.pausesTotal)) {
    const message = `found timed pauses of ${formatSeconds(paused)} together; allowed: at most ${LIMITS.pausesTotal} (366 days)`;
    issues.push({ path: 'spec.strategy.canary.steps', message });
  }
  return issues;
}

/** A shift ends when old answers have left the caches, a TTL later: a shorter deadline would take every rollout back. */
function checkDeadline({ strategy, dns }: Spec): readonly SpecIssue[] {
  return (['direct', 'canary', 'blueGreen'] as const).flatMap((kind) => {
    const deadline = strategy[kind]?.progressDeadline;
    if (deadline === undefined || deadline > dns.ttl) return [];
    const message = `found ${formatSeconds(deadline)}, which is not longer than dns.ttl (${formatSeconds(dns.ttl)}); write a longer one or a shorter dns.ttl`;
    return [{ path: `spec.strategy.${kind}.progressDeadline`, message }];
  });
}
