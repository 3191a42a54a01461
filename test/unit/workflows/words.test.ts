import { expect, it, vi } from 'vitest';
import { onlyNews } from '../../../src/activities/follow.ts';
import type { LeafDrift } from '../../../src/planes/leaf/leaf.ts';
import type { Backend } from '../../../src/spec/types.ts';
import { describeDrift } from '../../../src/workflows/drift-records.ts';
import { describeMove } from '../../../src/workflows/placement.ts';

// Only functions that call nothing of Temporal.
vi.mock('@temporalio/workflow', () => ({
  proxyActivities: () => ({}),
  proxySinks: () => ({}),
  defineUpdate: () => undefined,
  defineQuery: () => undefined,
  defineSignal: () => undefined,
  ActivityCancellationType: {},
}));

const ref = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' } as const;
const EDIT = { path: '.spec.rules', wanted: '2', found: '1', manager: 'kubectl-edit' };

it.each([
  { fields: [EDIT], says: 'was changed by kubectl-edit: .spec.rules wanted 2, found 1' },
  {
    fields: [
      { ...EDIT, found: 'x'.repeat(99) },
      { ...EDIT, manager: 'helm' },
    ],
    says: `was changed by kubectl-edit and helm: .spec.rules wanted 2, found ${'x'.repeat(59)}…, and 1 more`,
  },
  { fields: [{ path: '', wanted: 'the object', found: 'nothing' }], says: 'was removed' },
  { fields: [], says: 'is as it was written' },
])('says of drift: $says', ({ fields, says }) => {
  expect(describeDrift({ ref, fields })).toBe(`Ingress default/shop in east ${says}`);
});

function inCluster(cluster: string, weight = 1): Backend {
  return { name: `web-${cluster}`, cluster, placement: 'web', namespace: 'default', routes: [], weight };
}

it('says which clusters joined, left, or have another weight', () => {
  const before = [inCluster('east'), inCluster('west')];
  const after = [inCluster('east', 3), inCluster('north')];
  expect(describeMove(before, after)).toBe('joined: north; left: west; new weight: east');
});

it('reports a leaf that is as it was written only when that was in doubt', () => {
  const told: LeafDrift[] = [];
  const other = { ...ref, cluster: 'west' };
  const tell = onlyNews([other], (drift) => told.push(drift));
  const sequence: readonly LeafDrift[] = [
    { ref, fields: [] },
    { ref: other, fields: [] },
    { ref: other, fields: [] },
    { ref, fields: [EDIT] },
    { ref, fields: [] },
    { ref, fields: [] },
  ];
  for (const drift of sequence) tell(drift);
  expect(told).toEqual([sequence[1], sequence[3], sequence[4]]);
});
