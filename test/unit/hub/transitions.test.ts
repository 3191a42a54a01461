import { describe, expect, it } from 'vitest';
import { transitionsOf } from '../../../src/hub/transitions.ts';
import type { Condition, RolloutStatus, StepStatus } from '../../../src/workflows/status.ts';
import { aStatus } from '../../support/status-builder.ts';

const BEGAN = '2026-03-01T12:00:00.000Z';
const ENDED = '2026-03-01T12:00:10.000Z';
const PAUSE: StepStatus = {
  step: { kind: 'pause' },
  text: 'pause until promoted',
  state: 'running',
  startedAt: BEGAN,
  plannedSeconds: 0,
};
const TIMED: StepStatus = { ...PAUSE, step: { kind: 'pause', durationSeconds: 60 }, text: 'pause for 1m' };

function told(...steps: readonly StepStatus[]): readonly string[] {
  const rollout: RolloutStatus = { generation: 3, step: 0, steps, startedAt: BEGAN, paused: false };
  return texts(aStatus().with({ rollout, conditions: [] }).build());
}

function ready(condition: Pick<Condition, 'status' | 'reason'>): readonly string[] {
  const { rollout: _rollout, ...status } = aStatus().build();
  const message = 'words';
  const conditions = [
    { type: 'Ready', observedGeneration: 1, lastTransitionTime: ENDED, message, ...condition },
  ] as const;
  return texts({ ...status, conditions });
}

function texts(status: Parameters<typeof transitionsOf>[0]): readonly string[] {
  return transitionsOf(status).map(({ at, action, message }) => `${at} ${action} ${message}`);
}

describe('the transitions of a FederatedIngress', () => {
  it('has one for each step that is done, at the time when it was', () => {
    const { startedAt: _startedAt, ...waiting } = PAUSE;
    expect(told({ ...PAUSE, state: 'done', endedAt: ENDED }, { ...waiting, state: 'waiting' })).toEqual([
      `${BEGAN} Pausing step 1 of 2 of generation 3: until promoted`,
      `${ENDED} StepDone step 1 of 2 of generation 3 is done: pause until promoted`,
    ]);
  });

  it('says until when a timed pause lasts, once that is known', () => {
    expect(told(TIMED)).toEqual([]);
    expect(told({ ...TIMED, until: ENDED })).toEqual([`${BEGAN} Pausing step 1 of 1 of generation 3: until ${ENDED}`]);
  });

  it.each([
    ['Ready', { status: 'True', reason: 'Completed' }, [`${ENDED} Ready words`]],
    ['Degraded', { status: 'False', reason: 'BackendNotReady' }, [`${ENDED} Degraded words`]],
    ['nothing while it progresses', { status: 'False', reason: 'Progressing' }, []],
  ] as const)('has %s from the condition', (_title, condition, expected) => {
    expect(ready(condition)).toEqual(expected);
  });
});
