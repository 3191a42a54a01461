import { describe, expect, it } from 'vitest';
import { judgeReady, judgeRollout } from '../../../src/cli/verdict.ts';
import { aStatus } from '../../support/status-builder.ts';

describe('judging a rollout that somebody waits for', () => {
  const running = aStatus().atStep(4);
  const completed = aStatus().atStep(9).with({ liveGeneration: 2 }).ended({ kind: 'completed' }, 1);
  const rolledBack = aStatus().ended({ kind: 'rolledBack', reason: 'Aborted', message: 'by alice' }, 1);

  it.each([
    { name: 'a running one', status: running, kind: 'waiting' },
    { name: 'a completed one', status: completed.in('Ready', 'done'), kind: 'completed' },
    { name: 'one rolled back', status: rolledBack.in('RolledBack', ''), kind: 'failed' },
    {
      name: 'one that failed',
      status: aStatus().ended({ kind: 'failed', reason: 'NotReady', message: 'x' }, 1),
      kind: 'failed',
    },
    { name: 'one that is being deleted', status: running.in('Deleting', ''), kind: 'failed' },
    { name: 'an older one', status: completed.with({ generation: 3 }), kind: 'failed' },
    {
      name: 'one that a stale reading does not know yet',
      status: completed.with({ generation: 1 }).rollout({ generation: 1 }),
      kind: 'waiting',
    },
  ])('calls $name $kind', ({ status, kind }) => {
    expect(judgeRollout(status.build(), 2).kind).toBe(kind);
  });

  it('says why it did not complete', () => {
    expect(judgeRollout(rolledBack.build(), 2)).toEqual({ kind: 'failed', message: 'rolled back: Aborted: by alice' });
  });

  it('takes a completed rollout for ready only once the Ready condition says so', () => {
    expect(judgeReady(completed.build(), 2).kind).toBe('waiting');
    expect(judgeReady(completed.in('Ready', 'done').build(), 2).kind).toBe('completed');
  });
});
