import type { Rollout } from './records.ts';

/** A full promotion leaves out pauses, verifications and all weights but the last. */
export function isSkipped({ full, plan: { steps } }: Pick<Rollout, 'full' | 'plan'>, index: number): boolean {
  if (!full) return false;
  const step = steps[index];
  if (step?.kind === 'pause' || step?.kind === 'verify') return true;
  return step?.kind === 'setWeight' && steps.slice(index + 1).some((later) => later.kind === 'setWeight');
}
