import { expect, it, vi } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import type { LeafIntent } from '../../../src/planes/leaf/leaf.ts';
import type { Backend } from '../../../src/spec/types.ts';
import type { Entity } from '../../../src/workflows/entity.ts';
import { reweighted } from '../../../src/workflows/leaf-intents.ts';
import type { WrittenLeaf } from '../../../src/workflows/records.ts';

// Pure functions of workflow code: nothing of Temporal is called.
vi.mock('@temporalio/workflow', () => ({}));

function aBackend(name: string, cluster = 'east'): Backend {
  const routes = [{ path: '/', pathType: 'Prefix', service: { name, port: 80 } }] as const;
  return { name, cluster, namespace: 'default', routes, weight: 1 };
}

const [V1, V2, WEST] = [aBackend('v1'), aBackend('v2'), aBackend('v1', 'west')] as const;

function written(shares: readonly (readonly [Backend, number])[], fields: Partial<WrittenLeaf> = {}): WrittenLeaf {
  const [first] = shares;
  const intent: LeafIntent = {
    ref: { kind: 'HTTPRoute', cluster: first?.[0].cluster ?? '', namespace: 'default', name: 'shop' },
    owner: { namespace: 'default', name: 'shop' },
    host: 'shop.example.test',
    leaf: { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'public' } },
    drift: 'takeBack',
    backends: shares.map(([backend, share]) => ({ backend, share })),
  };
  return { intent, ...fields };
}

function split(leaves: readonly WrittenLeaf[], next: readonly (readonly [Backend, number])[]): unknown {
  // Only what is written counts here.
  const entity = { name: 'shop', written: leaves } as unknown as Entity;
  const shares = Object.fromEntries(next.map(([backend, share]) => [backendId(backend), share]));
  const intents = reweighted(entity, { backends: next.map(([backend]) => backend), shares });
  return intents.map(({ ref, backends }) => [ref.cluster, backends.map(({ share }) => share)]);
}

it.each([
  {
    what: 'another split of the cluster is written',
    before: written([
      [V1, 10_000],
      [V2, 0],
    ]),
    next: [
      [V1, 9_000],
      [V2, 1_000],
    ] as const,
    writes: [['east', [9_000, 1_000]]],
  },
  {
    what: 'the same split of less traffic is not',
    before: written([
      [V1, 5_000],
      [V2, 5_000],
    ]),
    next: [
      [V1, 2_000],
      [V2, 2_000],
      [WEST, 6_000],
    ] as const,
    writes: [],
  },
  {
    what: 'the only backend of a cluster has all of it, whatever its share',
    before: written([[V1, 10_000]]),
    next: [
      [V1, 3_000],
      [WEST, 7_000],
    ] as const,
    writes: [],
  },
  {
    what: 'a backend that leaves is taken out',
    before: written([
      [V1, 0],
      [V2, 10_000],
    ]),
    next: [[V2, 10_000]] as const,
    writes: [['east', [10_000]]],
  },
  {
    what: 'a leaf that nobody is left in is not written any more',
    before: written([[V1, 10_000]]),
    next: [[WEST, 10_000]] as const,
    writes: [],
  },
  {
    what: 'a leaf that may be half-written is written again',
    before: written([[V1, 10_000]], { pending: true }),
    next: [[V1, 10_000]] as const,
    writes: [['east', [10_000]]],
  },
  {
    what: 'weights of the spec count where there are no shares yet',
    before: written([
      [V1, 0],
      [V2, 0],
    ]),
    next: [
      [V1, 5_000],
      [V2, 5_000],
    ] as const,
    writes: [['east', [5_000, 5_000]]],
  },
])('$what', ({ before, next, writes }) => {
  expect(split([before], next)).toEqual(writes);
});
