import type { Status } from '../workflows/status.ts';

/** Whether a rollout that somebody waits for has come to its end. */
export type Verdict =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly message: string };

/** How the rollout of one generation stands. A newer spec ends it as well as a rollback does. */
export function judgeRollout(status: Status, generation: number): Verdict {
  if (status.state === 'Deleting' || status.state === 'Deleted') return failed('is being deleted');
  if (status.generation > generation) return failed(`was superseded by generation ${status.generation}`);
  const { rollout } = status;
  if (rollout?.generation !== generation) return { kind: 'waiting' };
  switch (rollout.outcome?.kind) {
    case undefined:
      return { kind: 'waiting' };
    case 'completed':
      return { kind: 'completed' };
    case 'superseded':
      return failed(`was superseded by generation ${rollout.outcome.byGeneration}`);
    case 'rolledBack':
      return failed(`rolled back: ${rollout.outcome.reason}: ${rollout.outcome.message}`);
    case 'failed':
      return failed(`failed: ${rollout.outcome.reason}: ${rollout.outcome.message}`);
    default:
      return rollout.outcome satisfies never;
  }
}

/** As `judgeRollout`, and every backend has to be ready too. */
export function judgeReady(status: Status, generation: number): Verdict {
  const verdict = judgeRollout(status, generation);
  if (verdict.kind !== 'completed') return verdict;
  const ready = status.conditions.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True' ? verdict : { kind: 'waiting' };
}

function failed(message: string): Verdict {
  return { kind: 'failed', message };
}
