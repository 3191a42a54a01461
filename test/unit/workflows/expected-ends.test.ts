import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PlanStep } from '../../../src/plan/types.ts';
import type { Rollout } from '../../../src/workflows/records.ts';
import { expectedEnds } from '../../../src/workflows/rollout-status.ts';

const NOW = new Date('2026-03-01T12:00:00Z').getTime();
const SHIFT: PlanStep = { kind: 'setWeight', weight: 10, shares: {}, ttlSeconds: 30 };
const SOAK: PlanStep = { kind: 'pause', durationSeconds: 600 };
const PERSON: PlanStep = { kind: 'pause' };

function aRollout(steps: readonly PlanStep[], fields: Partial<Rollout> = {}): Rollout {
  const backends = { backends: [], shares: {} };
  const plan = { from: backends, to: backends, steps } as unknown as Rollout['plan'];
  return { generation: 2, plan, step: 0, records: [], startedAt: NOW, ...fields } as unknown as Rollout;
}

/** Seconds from now. */
function ends(rollout: Rollout): readonly (number | undefined)[] {
  return expectedEnds(rollout).map((end) => (end === undefined ? undefined : (end - NOW) / 1000));
}

beforeEach(() => void vi.useFakeTimers({ now: NOW, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('when steps are expected to end', () => {
  it.each<{ what: string; rollout: Rollout; expected: readonly (number | undefined)[] }>([
    { what: 'one after the other', rollout: aRollout([SHIFT, SOAK, SHIFT]), expected: [30, 630, 660] },
    {
      what: 'not of those that are done, and the current one from its start on',
      rollout: aRollout([SHIFT, SOAK, SHIFT], {
        step: 1,
        records: [{ startedAt: NOW - 40_000, endedAt: NOW - 10_000 }, { startedAt: NOW - 10_000 }],
      }),
      expected: [undefined, 590, 620],
    },
    {
      what: 'by what the current one really waits for, when that is known',
      rollout: aRollout([SHIFT, SHIFT], { records: [{ startedAt: NOW - 1_000, until: NOW + 45_000 }] }),
      expected: [45, 75],
    },
    {
      what: 'never in the past',
      rollout: aRollout([SHIFT, SHIFT], { records: [{ startedAt: NOW - 90_000 }] }),
      expected: [0, 30],
    },
    {
      what: 'until somebody is waited for',
      rollout: aRollout([SHIFT, PERSON, SHIFT]),
      expected: [30, undefined, undefined],
    },
    {
      what: 'without what a full promotion leaves out',
      rollout: aRollout([SHIFT, PERSON, SOAK, SHIFT], { full: true }),
      expected: [0, 0, 0, 30],
    },
    { what: 'not while it is held', rollout: aRollout([SHIFT], { pausedBy: 'http:bob' }), expected: [] },
  ])('$what', ({ rollout, expected }) => {
    expect(ends(rollout)).toEqual(expected);
  });
});
