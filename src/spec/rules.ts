/**
 * Rules between fields that a Kubernetes API server can check by itself (CEL, x-kubernetes-validations of a CRD). They are
 * part of the checks of `parse`, `admit` and the workflow, which stay complete and say more.
 */
export interface Rule {
  /** Where `self` is: a path in the schema, with `[]` for the items of a list. */
  readonly at: string;
  /** CEL that is true for what is allowed. With `oldSelf` it is a rule on changes only. */
  readonly rule: string;
  readonly message: string;
}

/** Lists whose items are told apart by these fields, each value once (x-kubernetes-list-type: map). */
export const LIST_KEYS: readonly { readonly at: string; readonly keys: readonly string[] }[] = [
  { at: 'spec.backends', keys: ['name'] },
  { at: 'spec.backends[].routes', keys: ['path', 'pathType'] },
  { at: 'spec.routing.geo.regions', keys: ['name'] },
];

const LEAF_RULES: readonly Rule[] = [
  {
    at: 'spec.leaf',
    rule: "self.kind == 'HTTPRoute' ? has(self.className) != has(self.gateway) : !has(self.gateway)",
    message: 'leaf kind HTTPRoute takes one of gateway and className; the other kinds take no gateway',
  },
  {
    at: 'spec.leaf',
    rule: "!has(self.className) || self.kind in ['Ingress', 'HTTPRoute']",
    message: 'className is for leaf kinds Ingress and HTTPRoute only',
  },
  {
    at: 'spec.leaf',
    rule: "!has(self.type) || self.kind == 'Service'",
    message: 'type is for leaf kind Service only',
  },
  {
    at: 'spec',
    rule: "self.leaf.kind in ['HTTPRoute', 'Route'] || self.backends.all(b, !has(b.cluster) || self.backends.exists_one(o, has(o.cluster) && o.cluster == b.cluster))",
    message:
      'leaf kinds Ingress and Service cannot split traffic inside a cluster: write one backend a cluster, or leaf kind HTTPRoute',
  },
  {
    at: 'spec',
    rule: "self.leaf.kind != 'Service' || self.backends.all(b, !has(b.routes) || (b.routes.size() == 1 && b.routes[0].path == '/' && b.routes[0].pathType == 'Prefix'))",
    message: 'leaf kind Service takes one route, Prefix / (or service)',
  },
  {
    at: 'spec',
    rule: "self.leaf.kind != 'Route' || self.backends.all(b, b.name != 'cluster' && (!has(b.routes) || (b.routes.size() == 1 && b.routes[0].pathType == 'Prefix')))",
    message: 'leaf kind Route takes one route, with pathType Prefix, and no backend called "cluster"',
  },
  {
    at: 'spec',
    rule: "self.leaf.kind != 'HTTPRoute' || self.backends.all(b, !has(b.routes) || b.routes.all(r, r.pathType != 'ImplementationSpecific'))",
    message: 'leaf kind HTTPRoute takes routes with pathType Prefix or Exact',
  },
];

const BACKEND_RULES: readonly Rule[] = [
  {
    at: 'spec.backends[]',
    rule: 'has(self.cluster) != has(self.clusterSelector)',
    message: 'write one of cluster and clusterSelector',
  },
  {
    at: 'spec.backends[]',
    rule: 'has(self.service) != has(self.routes)',
    message: 'write one of service and routes',
  },
  {
    at: 'spec.backends[]',
    rule: 'has(self.clusterSelector) || !(has(self.clusterWeights) || has(self.spread))',
    message: 'clusterWeights and spread go with clusterSelector only',
  },
  {
    at: 'spec.backends[]',
    rule: 'has(self.weight) || !has(self.clusterWeights)',
    message: 'write the weight of the clusters that clusterWeights does not name',
  },
  {
    at: 'spec.backends[].clusterSelector.matchExpressions[]',
    rule: "has(self.values) == (self.operator in ['In', 'NotIn'])",
    message: 'values go with operators In and NotIn, and only with them',
  },
  {
    at: 'spec',
    rule: 'self.backends.all(b, has(b.weight)) || !self.backends.exists(b, has(b.weight))',
    message: 'write a weight for each backend, or for none (equal parts)',
  },
  {
    at: 'spec',
    rule: 'self.backends.exists(b, !has(b.weight) || b.weight > 0 || (has(b.clusterWeights) && b.clusterWeights.exists(w, w.weight > 0)))',
    message: 'at least one weight must be above 0',
  },
];

const PREVIEW_RULES: readonly Rule[] = [
  {
    at: 'spec',
    rule: '!has(self.preview) || !has(self.preview.host) || self.preview.host != self.host',
    message: 'preview.host must not be the host',
  },
  {
    at: 'spec',
    rule: "self.leaf.kind != 'Route' || !has(self.preview) || self.backends.all(b, b.name != 'preview')",
    message: 'leaf kind Route with a preview takes no backend called "preview"',
  },
];

const TRAFFIC_RULES: readonly Rule[] = [
  {
    at: 'spec.host',
    rule: 'self == oldSelf',
    message: 'the host cannot change: delete this object, or write another one',
  },
  {
    at: 'spec.strategy',
    rule: '[has(self.direct), has(self.canary), has(self.blueGreen)].exists_one(each, each)',
    message: 'write one of direct, canary and blueGreen',
  },
  {
    at: 'spec.strategy.canary.steps[]',
    rule: '[has(self.setWeight), has(self.pause), has(self.verify)].exists_one(each, each)',
    message: 'write one of setWeight, pause and verify',
  },
  {
    at: 'spec.strategy.canary.steps[]',
    rule: '!has(self.clusters) || has(self.setWeight)',
    message: 'clusters go with setWeight only',
  },
  ...['spec.strategy.canary.steps[].verify', 'spec.strategy.blueGreen.verify'].map((at) => ({
    at,
    rule: 'self.maxFailures < self.count',
    message: 'maxFailures must be less than count',
  })),
  {
    at: 'spec.rollout.rollback',
    rule: 'has(self.atOnce) != has(self.byEndpoints)',
    message: 'write one of atOnce and byEndpoints',
  },
  {
    at: 'spec.rollout.unreachable',
    rule: 'has(self.wait) != has(self.goOn)',
    message: 'write one of wait and goOn',
  },
  {
    at: 'spec.dns',
    rule: '!has(self.rolloutTtl) || duration(self.rolloutTtl) <= duration(self.ttl)',
    message: 'rolloutTtl must not be longer than ttl',
  },
  {
    at: 'spec.routing',
    rule: '[has(self.weighted), has(self.failover), has(self.geo)].exists_one(each, each)',
    message: 'write one of weighted, failover and geo',
  },
  {
    at: 'spec.health',
    rule: '[has(self.http), has(self.https), has(self.tcp)].filter(each, each).size() <= 1',
    message: 'write at most one of http, https and tcp',
  },
  {
    at: 'spec.health',
    rule: '!has(self.timeout) || duration(self.timeout) <= duration(self.interval)',
    message: 'timeout must not be longer than interval',
  },
  {
    at: 'spec',
    rule: '!(has(self.routing.failover) && has(self.strategy.canary))',
    message: 'canary steps have no effect with failover routing: write direct or blueGreen',
  },
  {
    at: 'spec',
    rule: '!has(self.strategy.canary) || duration(self.strategy.canary.progressDeadline) > duration(self.dns.ttl)',
    message: 'progressDeadline must be longer than dns.ttl',
  },
  {
    at: 'spec',
    rule: '!has(self.strategy.blueGreen) || duration(self.strategy.blueGreen.progressDeadline) > duration(self.dns.ttl)',
    message: 'progressDeadline must be longer than dns.ttl',
  },
  {
    at: 'spec',
    rule: '!has(self.strategy.direct) || duration(self.strategy.direct.progressDeadline) > duration(self.dns.ttl)',
    message: 'progressDeadline must be longer than dns.ttl',
  },
];

export const RULES: readonly Rule[] = [...LEAF_RULES, ...BACKEND_RULES, ...PREVIEW_RULES, ...TRAFFIC_RULES];
