import { expect, it } from 'vitest';
import { cachedWorkflows } from '../../../src/worker/temporal.ts';

const MIB = 2 ** 20;

it.each([
  { heapMib: 4_288, cached: 260 },
  { heapMib: 238, cached: 253 },
  { heapMib: 128, cached: 50 },
])('keeps $cached workflows in memory with a heap of $heapMib MiB', ({ heapMib, cached }) => {
  expect(cachedWorkflows(heapMib * MIB)).toBe(cached);
});
