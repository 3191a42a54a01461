import type { HistoryEntry, RolloutStatus, Status, StepStatus } from '../workflows/status.ts';

/** An entry of the history, or what could be one. */
export type Happening = Pick<HistoryEntry, 'at' | 'actor' | 'action' | 'message' | 'reason'>;

/** What happened to a FederatedIngress that its history does not tell: the steps of a rollout, and whether it serves. */
export function transitionsOf({ rollout, conditions }: Status): readonly Happening[] {
  return [...(rollout ? stepTransitions(rollout) : []), ...conditions.flatMap(readyTransition)];
}

function stepTransitions({ steps, generation }: RolloutStatus): readonly Happening[] {
  return steps.flatMap((one, index) => {
    const position = `step ${index + 1} of ${steps.length} of generation ${generation}`;
    const { endedAt, text } = one;
    const done = endedAt === undefined ? [] : [entry(endedAt, 'StepDone', `${position} is done: ${text}`)];
    return [...pausing(one, position), ...done];
  });
}

function pausing({ step, startedAt, until }: StepStatus, position: string): readonly Happening[] {
  if (step.kind !== 'pause' || startedAt === undefined) return [];
  if (step.durationSeconds === undefined) return [entry(startedAt, 'Pausing', `${position}: until promoted`)];
  return until === undefined ? [] : [entry(startedAt, 'Pausing', `${position}: until ${until}`)];
}

function readyTransition({
  type,
  status,
  reason,
  message,
  lastTransitionTime,
}: Status['conditions'][number]): readonly Happening[] {
  if (type !== 'Ready') return [];
  if (status === 'True') return [entry(lastTransitionTime, 'Ready', message)];
  return reason === 'BackendNotReady' ? [entry(lastTransitionTime, 'Degraded', message)] : [];
}

function entry(at: string, action: string, message: string): Happening {
  return { at, actor: 'sluice', action, message };
}
