import { DEFAULTS } from './defaults.ts';
import { limitIssues, toSpecIssues } from './issues.ts';
import { documentSchema, type FederatedIngressDocument } from './schema.ts';
import { checkSemantics } from './semantics.ts';
import { toHealthCheck, toRouting } from './traffic-parse.ts';
import type { Backend, Deadlines, FederatedIngress, Hold, Parsed, Route, Step, Strategy } from './types.ts';

type BackendDocument = FederatedIngressDocument['spec']['backends'][number];
type StrategyDocument = FederatedIngressDocument['spec']['strategy'];
type StepDocument = NonNullable<StrategyDocument['canary']>['steps'][number];
type HoldDocument = NonNullable<StrategyDocument['blueGreen']>['hold'];

/**
 * Makes the domain form of a document, or says everything that is wrong with it. The only place where a document is
 * looked at: all doors call it, and nothing behind them validates again.
 */
export function parse(document: unknown): Parsed<FederatedIngress> {
  const checked = documentSchema.safeParse(document);
  if (!checked.success) return { kind: 'invalid', issues: limitIssues(toSpecIssues(checked.error, documentSchema)) };
  const issues = checkSemantics(checked.data);
  if (issues.length > 0) return { kind: 'invalid', issues: limitIssues(issues) };
  return { kind: 'valid', value: toFederatedIngress(checked.data) };
}

function toFederatedIngress({ metadata, spec }: FederatedIngressDocument): FederatedIngress {
  const { kind, className } = spec.leaf;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    host: spec.host,
    leaf: className === undefined ? { kind } : { kind, className },
    backends: spec.backends.map((backend) => toBackend(backend, metadata.namespace)),
    strategy: toStrategy(spec.strategy),
    deadlines: toDeadlines(spec.strategy),
    dns: { ttlSeconds: spec.dns.ttl, draw: spec.dns.draw },
    routing: toRouting(spec.routing),
    health: toHealthCheck(spec.health),
    ...(spec.tls === undefined ? {} : { tls: spec.tls }),
  };
}

function toBackend(backend: BackendDocument, namespace: string): Backend {
  return {
    name: backend.name,
    cluster: backend.cluster,
    namespace: backend.namespace ?? namespace,
    routes: toRoutes(backend),
    weight: backend.weight ?? DEFAULTS.weight,
  };
}

function toRoutes({ service, routes }: BackendDocument): readonly Route[] {
  return service === undefined ? (routes ?? []) : [{ path: '/', pathType: 'Prefix', service }];
}

function toStrategy({ canary, blueGreen }: StrategyDocument): Strategy {
  if (canary !== undefined) return { kind: 'canary', steps: canary.steps.map(toStep) };
  if (blueGreen === undefined) return { kind: 'direct' };
  return { kind: 'blueGreen', hold: toHold(blueGreen.hold), keepOldSeconds: blueGreen.keepOld };
}

function toStep({ setWeight, pause }: StepDocument): Step {
  if (setWeight !== undefined) return { kind: 'setWeight', weight: setWeight };
  const durationSeconds = pause?.duration;
  return durationSeconds === undefined ? { kind: 'pause' } : { kind: 'pause', durationSeconds };
}

function toHold(hold: HoldDocument): Hold {
  if (hold === undefined) return { kind: 'none' };
  if (hold.duration === undefined) return { kind: 'untilPromoted' };
  return { kind: 'timed', durationSeconds: hold.duration };
}

function toDeadlines({ direct, canary, blueGreen }: StrategyDocument): Deadlines {
  const chosen = canary ?? blueGreen ?? direct;
  if (chosen === undefined) throw new Error('the schema lets a strategy through that is none of its kinds');
  return { readyTimeoutSeconds: chosen.readyTimeout, progressDeadlineSeconds: chosen.progressDeadline };
}
