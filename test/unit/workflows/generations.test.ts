import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Entity } from '../../../src/workflows/entity.ts';
import {
  completeGeneration,
  isRecent,
  keepGeneration,
  undoable,
  undoTarget,
} from '../../../src/workflows/generations.ts';

// Only the time of a workflow is used here.
beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const WINDOW_SECONDS = 60;

/** Only documents, generations and the window for going back count here. */
function anEntity(): Entity {
  const spec = { rollout: { rollbackWindowSeconds: WINDOW_SECONDS } };
  return { generation: 0, document: undefined, spec } as unknown as Entity;
}

function apply(entity: Entity, document: unknown): void {
  entity.generation += 1;
  entity.document = document;
  keepGeneration(entity);
}

function generations(entity: Entity): readonly number[] {
  return undoable(entity).map(({ generation }) => generation);
}

it('keeps the last ten to go back to, the newest first', () => {
  const entity = anEntity();
  for (let version = 1; version <= 13; version += 1) apply(entity, { version });
  expect(generations(entity)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

it('keeps fewer of them when their documents are large, since they go along into each next run', () => {
  const entity = anEntity();
  for (let version = 1; version <= 5; version += 1) apply(entity, { version, annotation: 'x'.repeat(250_000) });
  expect(generations(entity)).toEqual([4]);
});

it('keeps a document that is only placed anew once', () => {
  const entity = anEntity();
  for (const version of [1, 2, 2, 2]) apply(entity, { version });
  expect(generations(entity)).toEqual([1]);
});

describe('without a number', () => {
  it('goes back to the last one that completed, whatever came after it', () => {
    const entity = anEntity();
    for (const version of [1, 2, 3]) apply(entity, { version });
    expect(undoTarget(entity)).toBeUndefined();
    completeGeneration(entity, 1);
    expect(undoTarget(entity)?.generation).toBe(1);
    expect(undoTarget(entity, 2)?.generation).toBe(2);
  });

  it('does not go to what is there already', () => {
    const entity = anEntity();
    for (const version of [1, 2, 1]) {
      apply(entity, { version });
      completeGeneration(entity, entity.generation);
    }
    expect(undoTarget(entity)?.generation).toBe(2);
  });
});

it('skips the steps back to one that completed within the window, to the millisecond, and to no other', () => {
  const entity = anEntity();
  for (const version of [1, 2]) apply(entity, { version });
  const skips = (): boolean => undoable(entity).some((kept) => isRecent(entity, kept));
  expect(skips()).toBe(false);
  completeGeneration(entity, 1);
  vi.setSystemTime(WINDOW_SECONDS * 1000);
  expect(skips()).toBe(true);
  vi.setSystemTime(WINDOW_SECONDS * 1000 + 1);
  expect(skips()).toBe(false);
});
