import { describe, expect, it } from 'vitest';
import { ownershipProblem } from '../../../src/planes/leaf/ownership.ts';
import { aLeaf, owner } from './builders.ts';

describe('ownership', () => {
  it.each([
    ['ours', aLeaf(), undefined, undefined],
    ['ours, but with the label taken away', aLeaf([], { labels: {} }), 'NotLabelled', 'its label app.kubernetes.io'],
    ['without our annotation', aLeaf([], { annotations: {} }), 'NotOurs', 'it has no annotation sluice.dev/owner'],
    ['without any annotation', aLeaf([], { annotations: undefined }), 'NotOurs', 'it has no annotation'],
    [
      'of another owner',
      aLeaf([], { annotations: { 'sluice.dev/owner': 'team/shop' } }),
      'NotOurs',
      'belongs to team/shop, not to default/shop',
    ],
  ])('of an object that is %s', (_name, object, reason, message) => {
    const problem = ownershipProblem(object, owner);
    expect(problem?.reason).toBe(reason);
    if (message !== undefined) expect(problem?.message).toContain(message);
  });
});
