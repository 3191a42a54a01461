import { describe, expect, it } from 'vitest';
import { inPlaceConflicts } from '../../../src/plan/in-place.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { FederatedIngress, Leaf, Placement } from '../../../src/spec/types.ts';
import { aBackend, aSpec, HTTP_ROUTE, NOTHING, v1, v2 } from './builders.ts';

const placement: Placement = {
  name: 'web',
  selector: { matchLabels: {}, matchExpressions: [] },
  namespace: 'default',
  routes: [],
  weight: 1,
  clusterWeights: [],
};
const v2InEast = aBackend({ name: 'v2', service: 'shop-v2' });

describe('inPlaceConflicts', () => {
  it('refuses another backend where one has traffic, and says what to do', () => {
    expect(inPlaceConflicts(aSpec({ backends: [v2InEast] }), allocationOf([v1]))).toEqual([
      {
        path: 'spec.backends[0]',
        message:
          'found "v2" (east/default/shop-v2:80) where "v1" (east/default/shop:80) serves now; ' +
          'leaf kind Ingress cannot split inside a cluster, so there is no gradual way from one to the other. ' +
          'Change to leaf kind HTTPRoute, which can, with the present backends first; ' +
          'or serve the host from another cluster first and take "v1" out of the list; ' +
          'or delete this FederatedIngress and apply the new one',
      },
    ]);
  });

  it('lets a leaf change in place while it has no traffic', () => {
    expect(inPlaceConflicts(aSpec({ backends: [v2InEast] }), allocationOf([{ ...v1, weight: 0 }, v2]))).toEqual([]);
  });

  it('refuses another namespace of a cluster even without traffic: two objects would claim the host', () => {
    const spec = aSpec({ backends: [aBackend({ namespace: 'apps' })] });
    expect(inPlaceConflicts(spec, allocationOf([{ ...v1, weight: 0 }, v2]))).toHaveLength(1);
  });

  it.each([
    ['the same backend under another name', [aBackend({ name: 'other', weight: 3 })]],
    ['another cluster', [v2]],
  ])('lets %s through', (_what, backends) => {
    expect(inPlaceConflicts(aSpec({ backends }), allocationOf([v1]))).toEqual([]);
  });

  it('lets a leaf that splits change in place', () => {
    const spec = aSpec({ leaf: HTTP_ROUTE, backends: [v2InEast] });
    expect(inPlaceConflicts(spec, allocationOf([v1]))).toEqual([]);
    expect(inPlaceConflicts(spec, allocationOf([v1, v2InEast]))).toEqual([]);
  });

  it.each<[what: string, Partial<FederatedIngress>, path: string, message: string]>([
    [
      'a name that another backend has in the same leaf',
      { backends: [{ ...v2InEast, name: 'v1' }] },
      'spec.backends[0].name',
      'found "v1" for east/default/shop-v2:80 where "v1" is east/default/shop:80 now; ' +
        'one HTTPRoute serves both while traffic moves: give the new one a name of its own, such as "v1-2"',
    ],
    [
      'another namespace',
      { backends: [{ ...v2InEast, namespace: 'apps' }] },
      'spec.backends[0].namespace',
      'found namespace "apps", but "v1" (serving now) in the same cluster has "default"; ' +
        'one HTTPRoute serves the backends of a cluster: write the same namespace for both, or another cluster',
    ],
    [
      'more backends than a Route takes with those that serve now',
      {
        leaf: { kind: 'Route' },
        backends: [2, 3, 4, 5].map((n) => aBackend({ name: `v${n}`, service: `shop-v${n}` })),
      },
      'spec.backends[3]',
      'found 5 backends in cluster "east"; allowed with leaf kind Route: 4',
    ],
  ])('refuses, for a leaf that splits, %s', (_what, changes, path, message) => {
    expect(inPlaceConflicts(aSpec({ leaf: HTTP_ROUTE, ...changes }), allocationOf([v1]))).toEqual([{ path, message }]);
  });

  it('refuses another backend with another leaf kind at the same time, and says in which order', () => {
    const messages = (leaf: Leaf, inForce: Leaf['kind']) =>
      inPlaceConflicts(aSpec({ leaf, backends: [v2InEast] }), allocationOf([v1]), inForce).map(
        ({ message }) => message,
      );
    expect(messages(HTTP_ROUTE, 'Ingress')).toEqual([
      'found "v2" (east/default/shop-v2:80) where "v1" (east/default/shop:80) serves now; ' +
        'leaf kind Ingress becomes HTTPRoute at the same time, and two objects cannot share the traffic of a cluster. ' +
        'Apply the new leaf kind with the present backends first, then the new ones',
    ]);
    expect(messages({ kind: 'Ingress' }, 'HTTPRoute')).toEqual([
      'found "v2" (east/default/shop-v2:80) where "v1" (east/default/shop:80) serves now; ' +
        'leaf kind HTTPRoute becomes Ingress at the same time, and two objects cannot share the traffic of a cluster. ' +
        'Take "v1" out with leaf kind HTTPRoute first, then apply the new leaf kind',
    ]);
    expect(inPlaceConflicts(aSpec({ leaf: HTTP_ROUTE }), allocationOf([v1]), 'Ingress')).toEqual([]);
  });

  it('names the backend of the document when labels select its cluster', () => {
    const spec = aSpec({ backends: [{ ...v2InEast, name: 'web-east', placement: 'web' }], placements: [placement] });
    expect(inPlaceConflicts(spec, allocationOf([v1])).map(({ path }) => path)).toEqual(['spec.backends[name="web"]']);
  });

  it('lets anything through when nothing serves', () => {
    expect(inPlaceConflicts(aSpec(), NOTHING)).toEqual([]);
  });
});
