import { describe, expect, it } from 'vitest';
import { failedWith } from '../../../src/plan/replan.ts';
import { ROLLOUT_DEFAULTS } from '../../../src/spec/rollout-parse.ts';
import { aBackend, aSpec } from './builders.ts';

const spec = aSpec({
  backends: ['east', 'west', 'north', 'south'].map((cluster) => aBackend({ name: cluster, cluster })),
  rollout: { ...ROLLOUT_DEFAULTS, maxFailedClusters: 2 },
});

function failed(before: readonly string[], more: readonly string[], withheld: readonly string[] = []) {
  const of = (clusters: readonly string[]) => clusters.map((cluster) => ({ cluster }));
  return failedWith({ spec, before: of(before), more: of(more), withheld })?.map(({ cluster }) => cluster);
}

describe('failedWith', () => {
  it.each([
    { name: 'one more', before: ['east'], more: ['west'], expected: ['east', 'west'] },
    { name: 'one of two is new', before: ['east'], more: ['east', 'west'], expected: ['east', 'west'] },
    { name: 'more than may', before: ['east', 'west'], more: ['north'], expected: undefined },
    { name: 'one that was left out before', before: ['east'], more: ['east'], expected: undefined },
    {
      name: 'nobody but a withheld cluster is left',
      before: ['east'],
      more: ['west'],
      withheld: ['north', 'south'],
      expected: undefined,
    },
  ])('when it is $name', ({ before, more, withheld, expected }) => {
    expect(failed(before, more, withheld)).toEqual(expected);
  });
});
