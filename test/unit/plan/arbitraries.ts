import * as fc from 'fast-check';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { Allocation, Shares } from '../../../src/plan/types.ts';
import type { Backend } from '../../../src/spec/types.ts';
import { aBackend } from './builders.ts';

export const CLUSTERS = ['c0', 'c1', 'c2', 'c3'];

/** One to six backends, several in a cluster too, not all of weight 0; services differ, so that sides overlap in part. */
const backends: fc.Arbitrary<readonly Backend[]> = fc
  .uniqueArray(
    fc.record({
      cluster: fc.constantFrom(...CLUSTERS),
      service: fc.constantFrom('a', 'b'),
      weight: fc.oneof(fc.constantFrom(0, 1), fc.nat({ max: 100 }), fc.nat({ max: 1_000_000 })),
    }),
    { minLength: 1, maxLength: 6, selector: ({ cluster, service }) => `${cluster} ${service}` },
  )
  .filter((list) => list.some(({ weight }) => weight > 0))
  .map((list) => list.map((each, index) => aBackend({ ...each, name: `b${index}` })));

export const allocations: fc.Arbitrary<Allocation> = backends.map(allocationOf);
export const percents = fc.integer({ min: 0, max: 100 });
export const someClusters = fc.subarray(CLUSTERS);

export function total(parts: Shares): number {
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}
