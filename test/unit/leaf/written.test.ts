import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Written } from '../../../src/planes/leaf/written.ts';
import { aLeaf, aTarget } from './builders.ts';

const { ref } = aTarget();

describe('what was written last', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['99', '100', true],
    ['100', '100', false],
    ['101', '100', false],
    ['1000', '999', false],
  ])('stands against version %s when it is version %s: %s', (seen, version, expected) => {
    const written = new Written();
    written.note(ref, aLeaf([], { resourceVersion: version }));
    expect(written.isBefore(ref, aLeaf([], { resourceVersion: seen }))).toBe(expected);
  });

  it('says nothing of other objects, nor of one that took the name since, nor for long', () => {
    const written = new Written();
    written.note(ref, aLeaf([], { resourceVersion: '100' }));
    expect(written.isBefore({ ...ref, name: 'other' }, aLeaf([], { resourceVersion: '9' }))).toBe(false);
    expect(written.isBefore(ref, aLeaf([], { uid: 'uid-2', resourceVersion: '9' }))).toBe(false);
    vi.advanceTimersByTime(31_000);
    expect(written.isBefore(ref, aLeaf([], { resourceVersion: '9' }))).toBe(false);
  });
});
