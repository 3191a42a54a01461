import { backendEntries, toPlacement } from './backend-parse.ts';
import { checkBeside } from './beside.ts';
import { limitIssues, toSpecIssues } from './issues.ts';
import { checkPreviewName, toPreview } from './preview.ts';
import { toDnsSettings, toRolloutPolicy } from './rollout-parse.ts';
import { checkRoutingClusters } from './routing-clusters.ts';
import { documentSchema, type FederatedIngressDocument } from './schema.ts';
import { checkSemantics } from './semantics.ts';
import { checkStepClusters } from './step-clusters.ts';
import { toDeadlines, toStrategy } from './strategy-parse.ts';
import { toHealthCheck, toRouting } from './traffic-parse.ts';
import type { FederatedIngress, GatewayChoice, Leaf, Parsed, Tls } from './types.ts';

type LeafDocument = FederatedIngressDocument['spec']['leaf'];
type TlsDocument = NonNullable<FederatedIngressDocument['spec']['tls']>;

/**
 * Makes the domain form of a document, or says everything that is wrong with it. The only place where a document is
 * looked at: all doors call it, and nothing behind them validates again. What depends on the clusters that labels come to
 * is checked by `admit`.
 */
export function parse(document: unknown): Parsed<FederatedIngress> {
  const checked = documentSchema.safeParse(document);
  if (!checked.success) return { kind: 'invalid', issues: limitIssues(toSpecIssues(checked.error, documentSchema)) };
  const value = toFederatedIngress(checked.data);
  const { backends } = checked.data.spec;
  const issues = [
    ...checkSemantics(checked.data),
    ...checkPreviewName(value),
    ...checkBeside(value.leaf.kind, backendEntries(backends, value.namespace)),
    ...(value.placements.length === 0 ? [...checkRoutingClusters(value), ...checkStepClusters(value)] : []),
  ];
  return issues.length > 0 ? { kind: 'invalid', issues: limitIssues(issues) } : { kind: 'valid', value };
}

function toFederatedIngress({ metadata, spec }: FederatedIngressDocument): FederatedIngress {
  const health = toHealthCheck(spec.health);
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    host: spec.host,
    ...(spec.preview === undefined ? {} : { preview: toPreview(spec.host, spec.preview) }),
    leaf: toLeaf(spec.leaf),
    backends: backendEntries(spec.backends, metadata.namespace).map(({ backend }) => backend),
    placements: spec.backends.flatMap((backend) => toPlacement(backend, metadata.namespace)),
    strategy: toStrategy(spec.strategy, health.probe),
    deadlines: toDeadlines(spec.strategy),
    rollout: toRolloutPolicy(spec.rollout),
    dns: toDnsSettings(spec.dns),
    routing: toRouting(spec.routing),
    health,
    drift: spec.drift,
    orphanAfterSeconds: spec.deletion.orphanAfter,
    ...(spec.tls === undefined ? {} : { tls: toTls(spec.tls) }),
  };
}

function toLeaf({ kind, className, gateway, type }: LeafDocument): Leaf {
  switch (kind) {
    case 'Ingress':
      return className === undefined ? { kind } : { kind, className };
    case 'HTTPRoute':
      return { kind, gateway: toGateway(className, gateway) };
    case 'Service':
      return type === undefined ? { kind } : { kind, type };
    case 'Route':
      return { kind };
    default:
      return kind satisfies never;
  }
}

/** Exactly one of them is there, once the checks are through. */
function toGateway(className = '', gateway?: LeafDocument['gateway']): GatewayChoice {
  if (gateway === undefined) return { kind: 'own', className };
  const { name, namespace, sectionName } = gateway;
  return {
    kind: 'existing',
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(sectionName === undefined ? {} : { sectionName }),
  };
}

function toTls({ secretName, from }: TlsDocument): Tls {
  return from === undefined ? { secretName } : { secretName, from };
}
