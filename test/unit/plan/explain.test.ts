import { describe, expect, it } from 'vitest';
import { backendNames, percentText, stepText } from '../../../src/plan/explain.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { PlanStep } from '../../../src/plan/types.ts';
import { aBackend, aLeaf, v1, v1Id, v2, v2Id } from './builders.ts';

const names = backendNames({ from: allocationOf([v1]), to: allocationOf([v2]) });
const north = aBackend({ cluster: 'north', namespace: 'apps' });

describe('stepText', () => {
  it.each<[PlanStep, string]>([
    [
      { kind: 'applyLeaves', leaves: [v1, v2, north].map((backend) => aLeaf('Ingress', backend)) },
      'apply Ingress default/shop in east and west, Ingress apps/shop in north',
    ],
    [{ kind: 'awaitReady', backends: [v2Id], timeoutSeconds: 120 }, 'wait until v2 is ready (at most 2m)'],
    [{ kind: 'awaitReady', backends: [v1Id, v2Id], timeoutSeconds: 5 }, 'wait until v1 and v2 are ready (at most 5s)'],
    [
      { kind: 'setWeight', weight: 10, shares: { [v2Id]: 1_000, [v1Id]: 9_000 }, ttlSeconds: 5 },
      'shift to 10 %: v1 90 %, v2 10 %',
    ],
    [{ kind: 'setWeight', weight: 100, shares: { [v2Id]: 10_000 }, ttlSeconds: 5 }, 'shift to 100 %: v1 0 %, v2 100 %'],
    [
      { kind: 'setWeight', weight: 100, shares: { [v2Id]: 10_000 }, ttlSeconds: 5, failover: ['west', 'east'] },
      'shift to 100 %: west first, then east',
    ],
    [{ kind: 'pause', durationSeconds: 600 }, 'pause 10m'],
    [{ kind: 'pause' }, 'pause until promoted'],
    [{ kind: 'removeLeaves', leaves: [aLeaf('Ingress', v1)] }, 'remove Ingress default/shop in east'],
    [{ kind: 'applyLeaves', leaves: [] }, 'apply nothing: what is there serves'],
    [
      {
        kind: 'removeLeaves',
        leaves: [aLeaf('HTTPRoute', v2)],
        leaving: [
          { backend: v1Id, leaf: aLeaf('HTTPRoute', v1) },
          { backend: v2Id, leaf: aLeaf('HTTPRoute', v1) },
        ],
      },
      'take v1 and v2 out of HTTPRoute default/shop in east, remove HTTPRoute default/shop in west',
    ],
  ])('%j', (step, text) => {
    expect(stepText(step, names)).toBe(text);
  });
});

describe('backendNames', () => {
  it('tells backends of the same name apart', () => {
    const renamed = { ...v2, name: 'v1' };
    expect(backendNames({ from: allocationOf([v1]), to: allocationOf([renamed]) })).toEqual({
      [v1Id]: 'v1 (east)',
      [v2Id]: 'v1 (west)',
    });
  });

  it('says once, with its newest name, what is on both sides', () => {
    const renamed = { ...v1, name: 'old' };
    expect(backendNames({ from: allocationOf([v1]), to: allocationOf([renamed, v2]) })).toEqual({
      [v1Id]: 'old',
      [v2Id]: 'v2',
    });
  });
});

it.each([
  [0, '0 %'],
  [1, '0.01 %'],
  [3_334, '33.34 %'],
  [2_900, '29 %'],
  [10_000, '100 %'],
])('writes %i basis points as %s', (basisPoints, text) => {
  expect(percentText(basisPoints)).toBe(text);
});
