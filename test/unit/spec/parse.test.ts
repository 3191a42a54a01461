import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/spec/parse.ts';
import { ROLLOUT_DEFAULTS } from '../../../src/spec/rollout-parse.ts';
import type { FederatedIngress, SpecIssue } from '../../../src/spec/types.ts';
import { aBackend, aCanary, aDocument, aSelector } from './documents.ts';

function valid(document: unknown): FederatedIngress {
  const parsed = parse(document);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function issuesOf(document: unknown): readonly SpecIssue[] {
  const parsed = parse(document);
  return parsed.kind === 'invalid' ? parsed.issues : [];
}

const east = aBackend();
const west = aBackend({ name: 'v2', cluster: 'west' });

describe('a valid document', () => {
  it('gets the documented defaults', () => {
    expect(valid(aDocument())).toEqual({
      namespace: 'default',
      name: 'shop',
      host: 'shop.example.test',
      leaf: { kind: 'Ingress' },
      placements: [],
      drift: 'takeBack',
      orphanAfterSeconds: 1800,
      backends: [
        {
          name: 'v1',
          cluster: 'east',
          namespace: 'default',
          routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } }],
          weight: 100,
        },
      ],
      strategy: { kind: 'direct' },
      deadlines: { readyTimeoutSeconds: 120, progressDeadlineSeconds: 600 },
      rollout: ROLLOUT_DEFAULTS,
      dns: { ttlSeconds: 30, rolloutTtlSeconds: 30, draw: 'stratified' },
      routing: { kind: 'weighted' },
      health: {
        probe: { kind: 'http', path: '/', statuses: [{ from: 200, to: 399 }] },
        intervalSeconds: 5,
        timeoutSeconds: 2,
        unhealthyThreshold: 3,
        healthyThreshold: 1,
        failOpenPercent: 50,
      },
    });
  });

  it('keeps what is written, with durations in seconds', () => {
    const document = aDocument(
      {
        leaf: { kind: 'Ingress', className: 'contour' },
        backends: [
          aBackend({
            namespace: 'apps',
            service: undefined,
            routes: [
              { path: '/', service: { name: 'shop', port: 80 } },
              { path: '/api', pathType: 'Exact', service: { name: 'api', port: 8080 } },
            ],
          }),
        ],
        dns: { ttl: '1m30s', draw: 'sticky' },
        health: {
          http: { path: '/healthz', host: 'probe.example.test', port: 8080, statuses: ['204', '300-399'] },
          interval: '4s',
          timeout: '3s',
          unhealthyThreshold: 1,
          healthyThreshold: 2,
          failOpenPercent: 80,
        },
        tls: { secretName: 'shop-tls', from: 'cluster' },
        drift: 'hold',
        deletion: { orphanAfter: '2h' },
      },
      { metadata: { name: 'shop', namespace: 'shops', labels: { 'a.b/c': 'd' }, annotations: { e: 'f' } } },
    );
    expect(valid(document)).toMatchObject({
      namespace: 'shops',
      leaf: { kind: 'Ingress', className: 'contour' },
      backends: [
        {
          namespace: 'apps',
          routes: [
            { path: '/', pathType: 'Prefix' },
            { path: '/api', pathType: 'Exact' },
          ],
        },
      ],
      dns: { ttlSeconds: 90, rolloutTtlSeconds: 30, draw: 'sticky' },
      health: {
        probe: {
          kind: 'http',
          path: '/healthz',
          hostHeader: 'probe.example.test',
          port: 8080,
          statuses: [
            { from: 204, to: 204 },
            { from: 300, to: 399 },
          ],
        },
        intervalSeconds: 4,
        timeoutSeconds: 3,
        unhealthyThreshold: 1,
        healthyThreshold: 2,
        failOpenPercent: 80,
      },
      tls: { secretName: 'shop-tls', from: 'cluster' },
      drift: 'hold',
      orphanAfterSeconds: 7200,
    });
  });

  it.each([
    [{ kind: 'Ingress' }, { kind: 'Ingress' }],
    [
      { kind: 'HTTPRoute', className: 'public' },
      { kind: 'HTTPRoute', gateway: { kind: 'own', className: 'public' } },
    ],
    [
      { kind: 'HTTPRoute', gateway: { name: 'public' } },
      { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'public' } },
    ],
    [
      { kind: 'HTTPRoute', gateway: { name: 'public', namespace: 'gateways', sectionName: 'http' } },
      { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'public', namespace: 'gateways', sectionName: 'http' } },
    ],
    [{ kind: 'Service' }, { kind: 'Service' }],
    [
      { kind: 'Service', type: 'NodePort' },
      { kind: 'Service', type: 'NodePort' },
    ],
    [{ kind: 'Route' }, { kind: 'Route' }],
  ])('has the leaf that is asked for: %j', (leaf, expected) => {
    expect(valid(aDocument({ leaf })).leaf).toEqual(expected);
  });

  it.each([{ kind: 'HTTPRoute', className: 'public' }, { kind: 'Route' }])(
    'may have several backends in a cluster with a kind that splits: %j',
    (leaf) => {
      const backends = [east, aBackend({ name: 'v2', service: { name: 'shop-v2', port: 80 } }), west];
      expect(
        valid(aDocument({ leaf, backends: backends.map((each, index) => ({ ...each, name: `v${index}` })) })).backends,
      ).toHaveLength(3);
    },
  );

  it('keeps backends by labels apart from those that name their cluster', () => {
    const selector = aSelector({
      clusterSelector: {
        matchLabels: { region: 'eu' },
        matchExpressions: [
          { key: 'env', operator: 'NotIn', values: ['test'] },
          { key: 'example.com/paused', operator: 'DoesNotExist' },
        ],
      },
      clusterWeights: [{ matchLabels: { size: 'big' }, weight: 300 }],
      spread: { by: 'region', maxClusters: 2 },
    });
    const { backends, placements } = valid(aDocument({ backends: [selector, east] }));
    expect(backends.map(({ name }) => name)).toEqual(['v1']);
    expect(placements).toEqual([
      {
        name: 'web',
        selector: {
          matchLabels: { region: 'eu' },
          matchExpressions: [
            { key: 'env', operator: 'NotIn', values: ['test'] },
            { key: 'example.com/paused', operator: 'DoesNotExist', values: [] },
          ],
        },
        namespace: 'default',
        routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } }],
        weight: 100,
        clusterWeights: [{ matchLabels: { size: 'big' }, weight: 300 }],
        spread: { by: 'region', maxClusters: 2 },
      },
    ]);
  });

  it('may have backends by labels only, whatever clusters its routing names: those are known once it is placed', () => {
    const { backends, placements } = valid(aDocument({ backends: [aSelector()], routing: failover('east', 'mars') }));
    expect(backends).toEqual([]);
    expect(placements).toMatchObject([{ selector: { matchLabels: {}, matchExpressions: [] }, clusterWeights: [] }]);
    expect(placements[0]).not.toHaveProperty('spread');
  });

  it('has backends in the namespace of the document unless they say otherwise', () => {
    const document = aDocument({}, { metadata: { name: 'shop', namespace: 'shops' } });
    expect(valid(document).backends[0]?.namespace).toBe('shops');
  });

  it('has equal weights when no backend has one', () => {
    const backends = [aBackend({ weight: undefined }), aBackend({ name: 'v2', cluster: 'west', weight: undefined })];
    expect(valid(aDocument({ backends })).backends.map(({ weight }) => weight)).toEqual([1, 1]);
  });

  it('has the steps of its canary', () => {
    const steps = [{ setWeight: 10 }, { pause: { duration: '10m' } }, { setWeight: 50 }, { pause: {} }];
    const { strategy, deadlines } = valid(aCanary(steps, { readyTimeout: '10s', progressDeadline: '1h' }));
    expect(strategy).toEqual({
      kind: 'canary',
      steps: [
        { kind: 'setWeight', weight: 10 },
        { kind: 'pause', durationSeconds: 600 },
        { kind: 'setWeight', weight: 50 },
        { kind: 'pause' },
      ],
    });
    expect(deadlines).toEqual({ readyTimeoutSeconds: 10, progressDeadlineSeconds: 3600 });
  });

  it.each([
    [{}, { hold: { kind: 'none' }, keepOldSeconds: 0 }],
    [{ hold: {} }, { hold: { kind: 'untilPromoted' }, keepOldSeconds: 0 }],
    [
      { hold: { duration: '10m' }, keepOld: '5m' },
      { hold: { kind: 'timed', durationSeconds: 600 }, keepOldSeconds: 300 },
    ],
  ])('has the hold and the old side of its blue/green: %j', (blueGreen, expected) => {
    expect(valid(aDocument({ strategy: { blueGreen } })).strategy).toEqual({ kind: 'blueGreen', ...expected });
  });

  it('can set the deadlines of a direct shift', () => {
    const { strategy, deadlines } = valid(aDocument({ strategy: { direct: { progressDeadline: '1h' } } }));
    expect(strategy).toEqual({ kind: 'direct' });
    expect(deadlines).toEqual({ readyTimeoutSeconds: 120, progressDeadlineSeconds: 3600 });
  });

  it.each([
    [{ https: {} }, { kind: 'https', path: '/', statuses: [{ from: 200, to: 399 }] }],
    [{ https: { port: 8443 } }, { kind: 'https', path: '/', port: 8443, statuses: [{ from: 200, to: 399 }] }],
    [{ tcp: {} }, { kind: 'tcp' }],
    [{ tcp: { port: 5432 } }, { kind: 'tcp', port: 5432 }],
  ])('has the probe of its health check: %j', (health, probe) => {
    expect(valid(aDocument({ health })).health.probe).toEqual(probe);
  });

  it('has probes that end before the next one begins, also when only the interval is given', () => {
    expect(valid(aDocument({ health: { interval: '1s' } })).health.timeoutSeconds).toBe(1);
    expect(valid(aDocument({ health: { interval: '1m' } })).health.timeoutSeconds).toBe(2);
  });

  it.each([
    [{ weighted: {} }, { kind: 'weighted' }],
    [{ failover: { clusters: ['west', 'east'] } }, { kind: 'failover', clusters: ['west', 'east'] }],
    [
      { geo: { regions: [{ name: 'eu', clusters: ['east'] }] } },
      { kind: 'geo', regions: [{ name: 'eu', clusters: ['east'] }] },
    ],
  ])('has the routing that is asked for: %j', (routing, expected) => {
    expect(valid(aDocument({ routing, backends: [east, west] })).routing).toEqual(expected);
  });

  it('may pass over a cluster of the failover order by weight 0, and go there by blue/green', () => {
    const backends = [{ ...east, weight: 0 }, west];
    const routing = { failover: { clusters: ['east', 'west'] } };
    expect(valid(aDocument({ routing, backends, strategy: { blueGreen: {} } })).backends[0]?.weight).toBe(0);
  });

  it('survives a trip through JSON unchanged', () => {
    const spec = valid(aCanary([{ setWeight: 10 }, { pause: {} }]));
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });
});

const DURATION = (from: string, to: string) => `a duration from ${from} to ${to}, such as "30s", "10m" or "1h30m"`;
const LABEL = 'a DNS label: lower-case letters, digits and -, at most 63 characters, such as "shop"';
const HOST = 'a hostname in lower case with at least one dot, at most 253 characters, such as "shop.example.com"';
const DOCUMENT = 'an object with apiVersion, kind, metadata and spec';
const FIELDS = 'name, cluster, clusterSelector, clusterWeights, spread, namespace, service, routes or weight';
const STEPS = 'spec.strategy.canary.steps';

const GATEWAY =
  'write one of them: gateway: {name} for a Gateway that is there, className for one that is made beside the route';

const aRoute = (path: string, service = 'shop') => ({ path, service: { name: service, port: 80 } });
const routed = (paths: readonly string[], route: object = {}, backend: object = {}) =>
  aBackend({ service: undefined, routes: paths.map((path) => ({ ...aRoute(path), ...route })), ...backend });

const failover = (...clusters: readonly string[]) => ({ failover: { clusters } });
const geo = (...regions: readonly object[]) => ({ geo: { regions } });
const longHost = `${'a.'.repeat(130)}test`;

/** One wrong thing a row: what it is, the document, the path in it, the message. */
const refused: readonly [what: string, document: unknown, path: string, message: string][] = [
  ['nothing', undefined, '', `missing; write ${DOCUMENT}`],
  ['null', null, '', `found null; allowed: ${DOCUMENT}`],
  ['a list', [1, 2], '', `found a list of 2; allowed: ${DOCUMENT}`],
  ['a string', 'shop', '', `found "shop"; allowed: ${DOCUMENT}`],
  [
    'another apiVersion',
    aDocument({}, { apiVersion: 'sluice.dev/v1' }),
    'apiVersion',
    'found "sluice.dev/v1"; allowed: "sluice.dev/v1alpha1"',
  ],
  ['another kind', aDocument({}, { kind: 'Ingress' }), 'kind', 'found "Ingress"; allowed: "FederatedIngress"'],
  [
    'no metadata',
    aDocument({}, { metadata: undefined }),
    'metadata',
    'missing; write an object with name, namespace, labels and annotations',
  ],
  ['no name', aDocument({}, { metadata: {} }), 'metadata.name', `missing; write ${LABEL}`],
  [
    'an upper-case name',
    aDocument({}, { metadata: { name: 'Shop' } }),
    'metadata.name',
    `found "Shop"; allowed: ${LABEL}`,
  ],
  [
    'a long namespace',
    aDocument({}, { metadata: { name: 'shop', namespace: 'n'.repeat(64) } }),
    'metadata.namespace',
    `found "${'n'.repeat(64)}"; allowed: ${LABEL}`,
  ],
  [
    'a number as a label',
    aDocument({}, { metadata: { name: 'shop', labels: { 'a.b/c': 1 } } }),
    'metadata.labels["a.b/c"]',
    'found 1; allowed: a string, in quotes',
  ],
  [
    'an unknown field at the top',
    aDocument({}, { status: {} }),
    'status',
    'found an unknown field "status"; allowed: apiVersion, kind, metadata or spec',
  ],
  [
    'a misspelt field',
    aDocument({ backends: [{ ...east, wieght: 3 }] }),
    'spec.backends[0].wieght',
    `found an unknown field "wieght", did you mean "weight"? allowed: ${FIELDS}`,
  ],
  [
    'an unknown field with an odd name',
    aDocument({ backends: [{ ...east, 'x-y': 3 }] }),
    'spec.backends[0]["x-y"]',
    `found an unknown field "x-y"; allowed: ${FIELDS}`,
  ],
  ['a host that is a number', aDocument({ host: 7 }), 'spec.host', `found 7; allowed: ${HOST}`],
  ['no host', aDocument({ host: undefined }), 'spec.host', `missing; write ${HOST}`],
  ['a host of one label', aDocument({ host: 'shop' }), 'spec.host', `found "shop"; allowed: ${HOST}`],
  [
    'a wildcard',
    aDocument({ host: '*.example.test' }),
    'spec.host',
    `found "*.example.test": wildcards are not supported, each hostname is delivered on its own; allowed: ${HOST}`,
  ],
  [
    'upper case',
    aDocument({ host: 'Shop.test' }),
    'spec.host',
    `found "Shop.test": write it in lower case; allowed: ${HOST}`,
  ],
  [
    'a dot at the end',
    aDocument({ host: 'shop.test.' }),
    'spec.host',
    `found "shop.test.": leave out the dot at the end; allowed: ${HOST}`,
  ],
  [
    'a URL',
    aDocument({ host: 'http://shop.test/' }),
    'spec.host',
    `found "http://shop.test/": this is a URL, only its hostname belongs here; allowed: ${HOST}`,
  ],
  [
    'a host and port',
    aDocument({ host: 'shop.test:80' }),
    'spec.host',
    `found "shop.test:80": a port does not belong here; allowed: ${HOST}`,
  ],
  [
    'an IP address',
    aDocument({ host: '10.0.0.1' }),
    'spec.host',
    `found "10.0.0.1": an IP address is no hostname; allowed: ${HOST}`,
  ],
  [
    'letters outside ASCII',
    aDocument({ host: 'bücher.test' }),
    'spec.host',
    `found "bücher.test": write international labels in their ASCII form (xn--...); allowed: ${HOST}`,
  ],
  [
    'a reserved label',
    aDocument({ host: '_sluice.shop.test' }),
    'spec.host',
    `found "_sluice.shop.test": labels that begin with _ are reserved; allowed: ${HOST}`,
  ],
  [
    'a label of 64 characters',
    aDocument({ host: `${'a'.repeat(64)}.test` }),
    'spec.host',
    `found "${'a'.repeat(64)}.test": a label is longer than 63 characters; allowed: ${HOST}`,
  ],
  [
    'a host of 264 characters',
    aDocument({ host: longHost }),
    'spec.host',
    `found "${longHost.slice(0, 80)}..."; allowed: ${HOST}`,
  ],
  [
    'an unknown leaf kind',
    aDocument({ leaf: { kind: 'Gateway' } }),
    'spec.leaf.kind',
    'found "Gateway"; allowed: Ingress, HTTPRoute, Service or Route',
  ],
  [
    'a leaf kind with a slip',
    aDocument({ leaf: { kind: 'HttpRoute' } }),
    'spec.leaf.kind',
    'found "HttpRoute", did you mean "HTTPRoute"? allowed: Ingress, HTTPRoute, Service or Route',
  ],
  [
    'an HTTPRoute without a Gateway',
    aDocument({ leaf: { kind: 'HTTPRoute' } }),
    'spec.leaf',
    `found neither className nor gateway with leaf kind HTTPRoute; ${GATEWAY}`,
  ],
  [
    'an HTTPRoute with two Gateways',
    aDocument({ leaf: { kind: 'HTTPRoute', className: 'public', gateway: { name: 'public' } } }),
    'spec.leaf',
    `found className and gateway with leaf kind HTTPRoute; ${GATEWAY}`,
  ],
  [
    'a Gateway for an Ingress',
    aDocument({ leaf: { kind: 'Ingress', gateway: { name: 'public' } } }),
    'spec.leaf.gateway',
    'found gateway with leaf kind Ingress; leave it out, it is for leaf kind HTTPRoute only',
  ],
  [
    'a class for a Route',
    aDocument({ leaf: { kind: 'Route', className: 'public' } }),
    'spec.leaf.className',
    'found className with leaf kind Route; leave it out, it is for leaf kind Ingress or HTTPRoute only',
  ],
  [
    'a type for an Ingress',
    aDocument({ leaf: { kind: 'Ingress', type: 'NodePort' } }),
    'spec.leaf.type',
    'found type with leaf kind Ingress; leave it out, it is for leaf kind Service only',
  ],
  [
    'a type of Service that nobody reaches',
    aDocument({ leaf: { kind: 'Service', type: 'ClusterIP' } }),
    'spec.leaf.type',
    'found "ClusterIP"; allowed: LoadBalancer or NodePort',
  ],
  [
    'a name that is too long for a Service',
    aDocument({ leaf: { kind: 'Service', type: 'NodePort' } }, { metadata: { name: 'n'.repeat(59) } }),
    'metadata.name',
    `found "${'n'.repeat(59)}", after which the Service "${'n'.repeat(59)}-edge" would be named; ` +
      'allowed with leaf kind Service: a name that begins with a letter, at most 58 characters',
  ],
  [
    'a name that no Service may have',
    aDocument({ leaf: { kind: 'Service', type: 'NodePort' } }, { metadata: { name: '1shop' } }),
    'metadata.name',
    'found "1shop", after which the Service "1shop-edge" would be named; ' +
      'allowed with leaf kind Service: a name that begins with a letter, at most 58 characters',
  ],
  [
    'paths for a Service',
    aDocument({ leaf: { kind: 'Service' }, backends: [routed(['/api'])] }),
    'spec.backends[0].routes',
    'found Prefix /api; allowed with leaf kind Service: one route, Prefix / (or service); leaf kinds Ingress and HTTPRoute have more',
  ],
  [
    'two paths for a Route',
    aDocument({ leaf: { kind: 'Route' }, backends: [routed(['/', '/api'])] }),
    'spec.backends[0].routes',
    'found 2 routes; allowed with leaf kind Route: one route, with pathType Prefix; leaf kinds Ingress and HTTPRoute have more',
  ],
  [
    'a path type that an HTTPRoute does not have',
    aDocument({
      leaf: { kind: 'HTTPRoute', className: 'public' },
      backends: [routed(['/'], { pathType: 'ImplementationSpecific' })],
    }),
    'spec.backends[0].routes[0].pathType',
    'found ImplementationSpecific; allowed with leaf kind HTTPRoute: Prefix or Exact',
  ],
  [
    'a backend of a Route that is called cluster',
    aDocument({ leaf: { kind: 'Route' }, backends: [aBackend({ name: 'cluster' })] }),
    'spec.backends[0].name',
    'found "cluster", a name that leaf kind Route needs for itself; write another one',
  ],
  [
    'different paths in one Route',
    aDocument({ leaf: { kind: 'Route' }, backends: [routed(['/a']), routed(['/b'], {}, { name: 'v2' })] }),
    'spec.backends[1]',
    'found path /b, but backends[0] ("v1") in the same cluster has /a; ' +
      'one Route serves the backends of a cluster: write the same for both, or leaf kind HTTPRoute',
  ],
  [
    'five backends in one Route',
    aDocument({
      leaf: { kind: 'Route' },
      backends: [1, 2, 3, 4, 5].map((n) => aBackend({ name: `v${n}`, service: { name: `shop-v${n}`, port: 80 } })),
    }),
    'spec.backends[4]',
    'found 5 backends in cluster "east"; allowed with leaf kind Route: 4',
  ],
  [
    'two namespaces in one HTTPRoute',
    aDocument({
      leaf: { kind: 'HTTPRoute', className: 'public' },
      backends: [east, aBackend({ name: 'v2', namespace: 'apps' })],
    }),
    'spec.backends[1].namespace',
    'found namespace "apps", but backends[0] ("v1") in the same cluster has "default"; ' +
      'one HTTPRoute serves the backends of a cluster: write the same namespace for both, or another cluster',
  ],
  [
    'more rules than an HTTPRoute can have',
    aDocument({
      leaf: { kind: 'HTTPRoute', className: 'public' },
      backends: [
        aBackend({ service: undefined, routes: Array.from({ length: 17 }, (_, n) => aRoute(`/p${n}`, `s${n}`)) }),
      ],
    }),
    'spec.backends[0]',
    'found paths and Services that come to 17 rules and 17 matches of one HTTPRoute in cluster "east"; ' +
      'allowed: 16 rules and 128 matches, write fewer routes',
  ],
  [
    'neither a cluster nor a selector',
    aDocument({ backends: [aBackend({ cluster: undefined })] }),
    'spec.backends[0]',
    'found neither cluster nor clusterSelector; write one of them, such as cluster: east, or clusterSelector: {} for every cluster',
  ],
  [
    'a cluster and a selector',
    aDocument({ backends: [aBackend({ clusterSelector: {} })] }),
    'spec.backends[0]',
    'found cluster and clusterSelector; write one of them',
  ],
  [
    'a spread of one named cluster',
    aDocument({ backends: [aBackend({ spread: { maxClusters: 1 } })] }),
    'spec.backends[0].spread',
    'found spread beside cluster; write it with clusterSelector, or leave it out',
  ],
  [
    'clusterWeights of one named cluster',
    aDocument({ backends: [aBackend({ clusterWeights: [{ matchLabels: {}, weight: 1 }] })] }),
    'spec.backends[0].clusterWeights',
    'found clusterWeights beside cluster; write it with clusterSelector, or leave it out',
  ],
  [
    'clusterWeights without a weight',
    aDocument({ backends: [aSelector({ weight: undefined, clusterWeights: [{ matchLabels: {}, weight: 1 }] })] }),
    'spec.backends[0].weight',
    'missing; write the weight of the clusters that clusterWeights does not name',
  ],
  [
    'an operator without its values',
    aDocument({ backends: [aSelector({ clusterSelector: { matchExpressions: [{ key: 'env', operator: 'In' }] } })] }),
    'spec.backends[0].clusterSelector.matchExpressions[0].values',
    'missing; write the values for operator In, such as values: [eu]',
  ],
  [
    'an operator with values that it does not take',
    aDocument({
      backends: [
        aSelector({ clusterSelector: { matchExpressions: [{ key: 'env', operator: 'Exists', values: ['a'] }] } }),
      ],
    }),
    'spec.backends[0].clusterSelector.matchExpressions[0].values',
    'found values with operator Exists; leave them out, or write operator In or NotIn',
  ],
  [
    'an unknown operator',
    aDocument({
      backends: [aSelector({ clusterSelector: { matchExpressions: [{ key: 'env', operator: 'exists' }] } })],
    }),
    'spec.backends[0].clusterSelector.matchExpressions[0].operator',
    'found "exists", did you mean "Exists"? allowed: In, NotIn, Exists or DoesNotExist',
  ],
  [
    'a label without quotes',
    aDocument({ backends: [aSelector({ clusterSelector: { matchLabels: { size: 3 } } })] }),
    'spec.backends[0].clusterSelector.matchLabels.size',
    'found 3; allowed: the value of a label: letters, digits, -, _ and ., at most 63 characters, such as "eu"',
  ],
  [
    'a key that no label has',
    aDocument({ backends: [aSelector({ clusterSelector: { matchLabels: { '/region': 'eu' } } })] }),
    'spec.backends[0].clusterSelector.matchLabels["/region"]',
    'found "/region"; allowed: the key of a label, such as "region" or "topology.kubernetes.io/region"',
  ],
  [
    'a spread over no cluster',
    aDocument({ backends: [aSelector({ spread: { maxClusters: 0 } })] }),
    'spec.backends[0].spread.maxClusters',
    'found 0; allowed: a whole number from 1 to 256',
  ],
  [
    'weights that are zero wherever labels lead',
    aDocument({ backends: [aSelector({ weight: 0, clusterWeights: [{ matchLabels: { size: 'big' }, weight: 0 }] })] }),
    'spec.backends',
    'found weight 0 in all backends (1); at least one must be above 0',
  ],
  [
    'a drift policy with a slip',
    aDocument({ drift: 'takeback' }),
    'spec.drift',
    'found "takeback", did you mean "takeBack"? allowed: takeBack, hold or accept',
  ],
  [
    'a deletion that never waits',
    aDocument({ deletion: { orphanAfter: '0s' } }),
    'spec.deletion.orphanAfter',
    `found "0s"; allowed: ${DURATION('1s', '8784h')}`,
  ],
  [
    'a certificate from elsewhere',
    aDocument({ tls: { secretName: 'shop-tls', from: 'vault' } }),
    'spec.tls.from',
    'found "vault"; allowed: hub or cluster',
  ],
  [
    'no leaf',
    aDocument({ leaf: undefined }),
    'spec.leaf',
    'missing; write an object with kind, className, gateway and type',
  ],
  [
    'an empty class',
    aDocument({ leaf: { kind: 'Ingress', className: '' } }),
    'spec.leaf.className',
    'found ""; allowed: the name of a class, such as "public"',
  ],
  [
    'no backends',
    aDocument({ backends: [] }),
    'spec.backends',
    'found an empty list; allowed: a list of 1 to 256 backends',
  ],
  [
    'backends as an object',
    aDocument({ backends: { v1: {} } }),
    'spec.backends',
    'found an object with v1; allowed: a list of 1 to 256 backends',
  ],
  [
    'a port in quotes',
    aDocument({ backends: [aBackend({ service: { name: 'shop', port: '80' } })] }),
    'spec.backends[0].service.port',
    'found "80"; allowed: a whole number from 1 to 65535',
  ],
  [
    'port 0',
    aDocument({ backends: [aBackend({ service: { name: 'shop', port: 0 } })] }),
    'spec.backends[0].service.port',
    'found 0; allowed: a whole number from 1 to 65535',
  ],
  [
    'half a weight',
    aDocument({ backends: [aBackend({ weight: 0.5 })] }),
    'spec.backends[0].weight',
    'found 0.5; allowed: a whole number from 0 to 1000000',
  ],
  [
    'a negative weight',
    aDocument({ backends: [aBackend({ weight: -1 })] }),
    'spec.backends[0].weight',
    'found -1; allowed: a whole number from 0 to 1000000',
  ],
  [
    'a huge weight',
    aDocument({ backends: [aBackend({ weight: 1e300 })] }),
    'spec.backends[0].weight',
    'found 1e+300; allowed: a whole number from 0 to 1000000',
  ],
  [
    'weights that are all zero',
    aDocument({
      backends: [
        { ...east, weight: 0 },
        { ...west, weight: 0 },
      ],
    }),
    'spec.backends',
    'found weight 0 in all backends (2); at least one must be above 0',
  ],
  [
    'one weight left out',
    aDocument({ backends: [east, { ...west, weight: undefined }] }),
    'spec.backends[1].weight',
    'missing, but other backends have one; write a weight for each backend, or for none (equal parts)',
  ],
  [
    'a name twice',
    aDocument({ backends: [east, { ...west, name: 'v1' }] }),
    'spec.backends[1].name',
    'found "v1" again, it is the name of backends[0]; give each backend its own name',
  ],
  [
    'a backend twice under two names',
    aDocument({ backends: [east, aBackend({ name: 'v2', namespace: 'default' })] }),
    'spec.backends[1]',
    'found the same cluster, namespace and services as in backends[0] ("v1"); list each once',
  ],
  [
    'two backends in one cluster',
    aDocument({ backends: [east, aBackend({ name: 'v2', service: { name: 'shop-v2', port: 80 } })] }),
    'spec.backends[1].cluster',
    'found cluster "east" again, backends[0] ("v1") is there already; leaf kind Ingress cannot split traffic inside a cluster: ' +
      'write one backend a cluster, or leaf kind HTTPRoute, which can split',
  ],
  [
    'service and routes',
    aDocument({ backends: [aBackend({ routes: [{ path: '/', service: { name: 'shop', port: 80 } }] })] }),
    'spec.backends[0]',
    'found service and routes; write one of them (service is short for one route / to it)',
  ],
  [
    'neither service nor routes',
    aDocument({ backends: [aBackend({ service: undefined })] }),
    'spec.backends[0]',
    'found neither service nor routes; write one of them, such as service: {name, port}',
  ],
  [
    'a path without its slash',
    aDocument({
      backends: [aBackend({ service: undefined, routes: [{ path: 'api', service: { name: 'a', port: 1 } }] })],
    }),
    'spec.backends[0].routes[0].path',
    'found "api"; allowed: a path that begins with /, without spaces, at most 1024 characters',
  ],
  [
    'a path that an API server refuses',
    aDocument({
      backends: [aBackend({ service: undefined, routes: [{ path: '/a//b', service: { name: 'a', port: 1 } }] })],
    }),
    'spec.backends[0].routes[0].path',
    'found // in /a//b; allowed in Prefix paths: none of //, /./, /../, %2f',
  ],
  [
    'a route twice',
    aDocument({
      backends: [
        aBackend({ service: undefined, routes: [0, 1].map(() => ({ path: '/', service: { name: 'a', port: 1 } })) }),
      ],
    }),
    'spec.backends[0].routes[1].path',
    'found Prefix / again, it is in routes[0] already; write each path and type once',
  ],
  [
    'an unknown path type',
    aDocument({
      backends: [
        aBackend({ service: undefined, routes: [{ path: '/', pathType: 'Regex', service: { name: 'a', port: 1 } }] }),
      ],
    }),
    'spec.backends[0].routes[0].pathType',
    'found "Regex"; allowed: Prefix, Exact or ImplementationSpecific',
  ],
  [
    'two strategies',
    aDocument({ strategy: { canary: { steps: [{ setWeight: 1 }] }, blueGreen: {} } }),
    'spec.strategy',
    'found canary and blueGreen in one strategy; write one of them',
  ],
  [
    'an empty strategy',
    aDocument({ strategy: {} }),
    'spec.strategy',
    'found an empty object; write a strategy with one of direct, canary or blueGreen',
  ],
  [
    'an unknown strategy',
    aDocument({ strategy: { bluegreen: {} } }),
    'spec.strategy.bluegreen',
    'found an unknown field "bluegreen", did you mean "blueGreen"? allowed: direct, canary or blueGreen',
  ],
  ['no steps', aCanary([]), STEPS, 'found an empty list; allowed: a list of 1 to 100 steps'],
  [
    '101 steps',
    aCanary(Array.from({ length: 101 }, () => ({ pause: {} }))),
    STEPS,
    'found a list of 101; allowed: a list of 1 to 100 steps',
  ],
  [
    'two kinds in one step',
    aCanary([{ setWeight: 10, pause: {} }]),
    `${STEPS}[0]`,
    'found setWeight and pause in one step; write one of them',
  ],
  [
    'an empty step',
    aCanary([{}]),
    `${STEPS}[0]`,
    'found an empty object; write a step with one of setWeight, pause or verify',
  ],
  [
    'a step kind of later',
    aCanary([{ analysis: {} }]),
    `${STEPS}[0].analysis`,
    'found an unknown field "analysis"; allowed: setWeight, pause, verify or clusters',
  ],
  [
    'a step that is a word',
    aCanary(['pause']),
    `${STEPS}[0]`,
    'found "pause"; allowed: a step with one of setWeight, pause or verify',
  ],
  [
    'a pause of nothing',
    aCanary([{ pause: null }]),
    `${STEPS}[0].pause`,
    'found null; allowed: {} to wait until promoted, or {duration: 10m}',
  ],
  [
    '10 minutes',
    aCanary([{ pause: { duration: '10 minutes' } }]),
    `${STEPS}[0].pause.duration`,
    `found "10 minutes"; allowed: ${DURATION('1s', '8784h')}`,
  ],
  [
    'a duration without a unit',
    aCanary([{ pause: { duration: 30 } }]),
    `${STEPS}[0].pause.duration`,
    `found 30; allowed: ${DURATION('1s', '8784h')}`,
  ],
  [
    'a fraction of a second',
    aCanary([{ pause: { duration: '1500ms' } }]),
    `${STEPS}[0].pause.duration`,
    `found "1500ms", which is no whole number of seconds; allowed: ${DURATION('1s', '8784h')}`,
  ],
  [
    'a pause of 0',
    aCanary([{ pause: { duration: '0s' } }]),
    `${STEPS}[0].pause.duration`,
    `found "0s"; allowed: ${DURATION('1s', '8784h')}`,
  ],
  [
    'setWeight 0',
    aCanary([{ setWeight: 0 }]),
    `${STEPS}[0].setWeight`,
    'found 0; allowed: a whole number from 1 to 100',
  ],
  [
    'setWeight 101',
    aCanary([{ setWeight: 101 }]),
    `${STEPS}[0].setWeight`,
    'found 101; allowed: a whole number from 1 to 100',
  ],
  [
    'weights that fall',
    aCanary([{ setWeight: 50 }, { pause: {} }, { setWeight: 10 }]),
    `${STEPS}[2].setWeight`,
    'found 10 after 50; weights must rise from step to step, or the rollout never ends',
  ],
  [
    'a weight twice',
    aCanary([{ setWeight: 50 }, { setWeight: 50 }]),
    `${STEPS}[1].setWeight`,
    'found 50 after 50; weights must rise from step to step, or the rollout never ends',
  ],
  [
    'pauses of more than a year',
    aCanary([{ pause: { duration: '8000h' } }, { pause: { duration: '1000h' } }]),
    STEPS,
    'found timed pauses of 9000h together; allowed: at most 8784h (366 days)',
  ],
  [
    'a deadline no longer than the TTL',
    aDocument({ dns: { ttl: '10m' } }),
    'spec.strategy.direct.progressDeadline',
    'found 10m, which is not longer than dns.ttl (10m); write a longer one or a shorter dns.ttl',
  ],
  [
    'a TTL of more than a day',
    aDocument({ dns: { ttl: '25h' } }),
    'spec.dns.ttl',
    `found "25h"; allowed: ${DURATION('1s', '24h')}`,
  ],
  ['a TTL of 0', aDocument({ dns: { ttl: '0s' } }), 'spec.dns.ttl', `found "0s"; allowed: ${DURATION('1s', '24h')}`],
  [
    'dns without content',
    aDocument({ dns: null }),
    'spec.dns',
    'found null; allowed: an object with ttl, rolloutTtl and draw',
  ],
  [
    'an unknown draw',
    aDocument({ dns: { draw: 'random' } }),
    'spec.dns.draw',
    'found "random"; allowed: stratified or sticky',
  ],
  [
    'two routings',
    aDocument({ routing: { weighted: {}, geo: { regions: [{ name: 'eu', clusters: ['east'] }] } } }),
    'spec.routing',
    'found weighted and geo in one routing; write one of them',
  ],
  [
    'weights with the routing',
    aDocument({ routing: { weighted: [1] } }),
    'spec.routing.weighted',
    'found a list of 1; allowed: {}, the weights are with the backends',
  ],
  [
    'a field in the weighted routing',
    aDocument({ routing: { weighted: { east: 1 } } }),
    'spec.routing.weighted.east',
    'found an unknown field "east"; allowed: none',
  ],
  [
    'a failover order without one of the clusters',
    aDocument({ routing: failover('east'), backends: [east, west] }),
    'spec.routing.failover.clusters',
    'found no "west", where backend "v2" is; write every cluster of the backends once, the preferred one first',
  ],
  [
    'a failover order with a cluster that has no backend',
    aDocument({ routing: failover('mars', 'east') }),
    'spec.routing.failover.clusters[0]',
    'found "mars", where no backend is; allowed: east',
  ],
  [
    'a failover order with a cluster twice',
    aDocument({ routing: failover('east', 'east') }),
    'spec.routing.failover.clusters[1]',
    'found "east" again; write each cluster once',
  ],
  [
    'canary steps under failover',
    aDocument({ routing: failover('east'), strategy: { canary: { steps: [{ setWeight: 10 }] } } }),
    'spec.strategy.canary',
    'found canary steps with failover routing, where the first healthy cluster gets everything whatever its share; ' +
      'write direct or blueGreen, or weighted routing until the canary is through',
  ],
  [
    'no regions',
    aDocument({ routing: geo() }),
    'spec.routing.geo.regions',
    'found an empty list; allowed: a list of 1 to 64 regions',
  ],
  [
    'a region without clusters',
    aDocument({ routing: geo({ name: 'eu', clusters: [] }) }),
    'spec.routing.geo.regions[0].clusters',
    'found an empty list; allowed: a list of 1 to 256 clusters',
  ],
  [
    'a region twice',
    aDocument({ routing: geo({ name: 'eu', clusters: ['east'] }, { name: 'eu', clusters: ['east'] }) }),
    'spec.routing.geo.regions[1].name',
    'found "eu" again, it is the name of regions[0]; write each region once',
  ],
  [
    'a region with a cluster that has no backend',
    aDocument({ routing: geo({ name: 'eu', clusters: ['east', 'mars'] }), backends: [east, west] }),
    'spec.routing.geo.regions[0].clusters[1]',
    'found "mars", where no backend is; allowed: east and west',
  ],
  [
    'two probes',
    aDocument({ health: { http: {}, tcp: { port: 80 } } }),
    'spec.health',
    'found http and tcp in one health check; write one of them',
  ],
  [
    'a probe status as a number',
    aDocument({ health: { http: { statuses: [200] } } }),
    'spec.health.http.statuses[0]',
    'found 200; allowed: a status code or a range of them, in quotes, such as "200" or "200-399"',
  ],
  [
    'a probe status that no server gives',
    aDocument({ health: { https: { statuses: ['200', '600'] } } }),
    'spec.health.https.statuses[1]',
    'found "600"; allowed: a status code or a range of them, in quotes, such as "200" or "200-399"',
  ],
  [
    'a range of statuses from high to low',
    aDocument({ health: { https: { statuses: ['399-200'] } } }),
    'spec.health.https.statuses[0]',
    'found "399-200", which ends before it begins; write the lower status first',
  ],
  [
    'a probe that takes longer than the interval',
    aDocument({ health: { interval: '1s', timeout: '2s' } }),
    'spec.health.timeout',
    'found 2s, which is longer than health.interval (1s); write a shorter one or a longer interval',
  ],
  [
    'a part to fail open of more than all',
    aDocument({ health: { failOpenPercent: 101 } }),
    'spec.health.failOpenPercent',
    'found 101; allowed: a whole number from 0 to 100',
  ],
  [
    'TLS without a Secret',
    aDocument({ tls: {} }),
    'spec.tls.secretName',
    'missing; write the name of a Secret, such as "shop-tls"',
  ],
  [
    'a health path without its slash',
    aDocument({ health: { http: { path: 'healthz' } } }),
    'spec.health.http.path',
    'found "healthz"; allowed: a path that begins with /, without spaces, at most 1024 characters',
  ],
  [
    'a threshold of 0',
    aDocument({ health: { healthyThreshold: 0 } }),
    'spec.health.healthyThreshold',
    'found 0; allowed: a whole number from 1 to 100',
  ],
  [
    'a probe each 10 minutes',
    aDocument({ health: { interval: '10m' } }),
    'spec.health.interval',
    `found "10m"; allowed: ${DURATION('1s', '5m')}`,
  ],
  [
    'a health timeout of true',
    aDocument({ health: { timeout: true } }),
    'spec.health.timeout',
    `found true; allowed: ${DURATION('1s', '1m')}`,
  ],
];

/** A valid document with anything at all in one of its places. */
const disturbed = fc
  .tuple(
    fc.constantFrom(
      'spec',
      'metadata',
      'kind',
      'host',
      'leaf',
      'backends',
      'strategy',
      'rollout',
      'dns',
      'routing',
      'health',
      'tls',
      'drift',
      'deletion',
    ),
    fc.jsonValue(),
  )
  .map(([place, junk]) => (place in aDocument() ? aDocument({}, { [place]: junk }) : aDocument({ [place]: junk })));

describe('a wrong document', () => {
  it('is told what is wrong, whatever it is: never an exception, never an issue without words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), disturbed), (document) => {
        const parsed = parse(document);
        if (parsed.kind === 'valid') return;
        expect(parsed.issues.length).toBeGreaterThan(0);
        for (const { message } of parsed.issues) expect(message).toMatch(/^(found|missing)/);
      }),
    );
  });

  it.each(refused)('is refused for %s', (_what, document, path, message) => {
    expect(issuesOf(document)).toEqual([{ path, message }]);
  });

  it('is told everything that is wrong at once', () => {
    const issues = issuesOf(aDocument({ host: 7, leaf: { kind: 'Gateway' }, backends: [], extra: 1 }));
    expect(issues.map(({ path }) => path).toSorted()).toEqual([
      'spec.backends',
      'spec.extra',
      'spec.host',
      'spec.leaf.kind',
    ]);
  });

  it('gets at most 50 problems, and the number of those left', () => {
    const junk = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`junk${index}`, index]));
    const issues = issuesOf(aDocument(junk));
    expect(issues).toHaveLength(51);
    expect(issues.at(-1)).toEqual({ path: '', message: 'found 4950 more problems; correct these first' });
  });

  it('never gets its own long values back in full', () => {
    const long = 'x'.repeat(100_000);
    const text = JSON.stringify(issuesOf(aDocument({ host: long, [long]: 1, backends: [{ [long]: long }] })));
    expect(text.length).toBeLessThan(3_000);
  });
});
