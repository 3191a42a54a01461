import { describe, expect, it } from 'vitest';
import { place } from '../../../src/plan/placement.ts';
import { admit } from '../../../src/spec/admission.ts';
import { parse } from '../../../src/spec/parse.ts';
import { aBackend, aDocument, aSelector } from './documents.ts';

const clusters = [
  { name: 'east', labels: { region: 'eu', size: 'big' } },
  { name: 'west', labels: { region: 'us' } },
  { name: 'north', labels: {} },
];
const environment = { clusters, zones: ['example.test'], regions: ['eu'] };
const HTTP_ROUTE = { kind: 'HTTPRoute', className: 'public' };

function issuesOf(spec: Record<string, unknown>, here = environment) {
  const parsed = parse(aDocument(spec));
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return admit(place(parsed.value, here.clusters, []), here);
}

describe('admit, once placed', () => {
  it('admits a selection of registered clusters, with routing that names them', () => {
    const routing = { failover: { clusters: ['east', 'west', 'north'] } };
    expect(issuesOf({ backends: [aSelector()], routing })).toEqual([]);
  });

  it.each<[what: string, spec: Record<string, unknown>, path: string, message: string]>([
    [
      'a selection that comes to no cluster',
      { backends: [aSelector({ clusterSelector: { matchLabels: { region: 'moon' } } })] },
      'spec.backends[name="web"].clusterSelector',
      'found a selector that no registered cluster fulfils; ' +
        'registered: east (region=eu, size=big), north (no labels) and west (region=us); ' +
        'write one that a cluster fulfils, or give a cluster the labels',
    ],
    [
      'a cluster that is not registered beside one by labels',
      { backends: [aSelector(), aBackend({ cluster: 'wets' })], leaf: HTTP_ROUTE },
      'spec.backends[name="v1"].cluster',
      'found "wets", which is not a registered cluster, did you mean "west"? allowed: east, north and west',
    ],
    [
      'two backends of a cluster where the leaf cannot split',
      { backends: [aBackend({ name: 'special', service: { name: 'x', port: 80 } }), aSelector()] },
      'spec.backends[name="web"].cluster',
      'found cluster "east" again, backend "special" is there already; leaf kind Ingress cannot split traffic inside a cluster: ' +
        'write one backend a cluster, or leaf kind HTTPRoute, which can split',
    ],
    [
      'the same backend by name and by labels',
      { backends: [aBackend(), aSelector()], leaf: HTTP_ROUTE },
      'spec.backends[name="web"]',
      'found the same cluster, namespace and services as in backend "v1"; list each once',
    ],
    [
      'a failover order that leaves a selected cluster out',
      { backends: [aSelector()], routing: { failover: { clusters: ['east', 'west'] } } },
      'spec.routing.failover.clusters',
      'found no "north", where backend "web-north" is; write every cluster of the backends once, the preferred one first',
    ],
    [
      'a region with a cluster that is not selected',
      {
        backends: [aSelector({ clusterSelector: { matchLabels: { region: 'us' } } })],
        routing: { geo: { regions: [{ name: 'eu', clusters: ['east'] }] } },
      },
      'spec.routing.geo.regions[0].clusters[0]',
      'found "east", where no backend is; allowed: west',
    ],
    [
      'a name that labels make a second time',
      {
        backends: [aBackend({ name: 'web-west' }), aSelector({ clusterSelector: { matchLabels: { region: 'us' } } })],
      },
      'spec.backends[name="web"].name',
      'found "web-west" again, which "web" comes to in cluster "west"; give each backend its own name',
    ],
    [
      'a name that is too long with its cluster',
      { backends: [aSelector({ name: 'n'.repeat(60), clusterSelector: { matchLabels: { region: 'us' } } })] },
      `spec.backends[name="${'n'.repeat(60)}"].name`,
      `found 65 characters in "${'n'.repeat(60)}-west", which it comes to in cluster "west"; allowed: 63, write a shorter one`,
    ],
    [
      'weights that come to nothing',
      {
        backends: [
          aSelector({
            clusterSelector: { matchLabels: { region: 'us' } },
            weight: 0,
            clusterWeights: [{ matchLabels: { size: 'big' }, weight: 5 }],
          }),
        ],
      },
      'spec.backends',
      'found weight 0 in all backends (1), once placed; at least one must be above 0',
    ],
  ])('refuses %s', (_what, spec, path, message) => {
    expect(issuesOf(spec)).toEqual([{ path, message }]);
  });

  it('refuses more backends than a spec may have, and names the spread', () => {
    const many = Array.from({ length: 257 }, (_, index) => ({ name: `c${index}`, labels: {} }));
    expect(issuesOf({ backends: [aSelector()] }, { ...environment, clusters: many })).toEqual([
      {
        path: 'spec.backends',
        message: 'found 257 backends, once placed; allowed: 256, write a spread with maxClusters',
      },
    ]);
  });

  it('says when nothing is registered', () => {
    expect(
      issuesOf({ backends: [aSelector()] }, { ...environment, clusters: [] }).map(({ message }) => message),
    ).toEqual([
      'found a selector that no registered cluster fulfils; registered: none; ' +
        'write one that a cluster fulfils, or give a cluster the labels',
    ]);
  });
});
