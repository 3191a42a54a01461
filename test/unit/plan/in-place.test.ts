import { describe, expect, it } from 'vitest';
import { inPlaceConflicts } from '../../../src/plan/in-place.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import { aBackend, aSpec, NOTHING, v1, v2 } from './builders.ts';

const v2InEast = aBackend({ name: 'v2', service: 'shop-v2' });

describe('inPlaceConflicts', () => {
  it('refuses another backend where one has traffic, and says what to do', () => {
    expect(inPlaceConflicts(aSpec({ backends: [v2InEast] }), allocationOf([v1]))).toEqual([
      {
        path: 'spec.backends[0]',
        message:
          'found "v2" (east/default/shop-v2:80) where "v1" (east/default/shop:80) serves now; ' +
          'leaf kind Ingress cannot split inside a cluster, so there is no gradual way from one to the other ' +
          '(leaf kind HTTPRoute will be able to, it is not in this version). ' +
          'Serve the host from another cluster first and take "v1" out of the list, ' +
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

  it('lets anything through when nothing serves', () => {
    expect(inPlaceConflicts(aSpec(), NOTHING)).toEqual([]);
  });
});
