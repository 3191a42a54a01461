import type { Gate, RolloutStatus } from '../../workflows/status.ts';
import type { Line, Span } from './text.ts';

const MARKS = {
  waiting: { text: '▸', tone: 'busy' },
  passed: { text: '✓', tone: 'good' },
  skipped: { text: '-', tone: 'faint' },
  failed: { text: '✗', tone: 'bad' },
} as const satisfies Record<Gate['state'], Span>;

/** What has to hold before the current step ends, one a line; no lines once nothing moves any more. */
export function gateLines(rollout: RolloutStatus): readonly Line[] {
  const step = rollout.steps[rollout.step];
  if (step === undefined || rollout.outcome !== undefined) return [];
  const indent = ' '.repeat(String(rollout.steps.length).length + 6);
  return (step.gates ?? []).map(({ gate, state, message }) => [
    indent,
    MARKS[state],
    ` ${gate.padEnd(GATE_COLUMNS)} ${message}`,
  ]);
}

const GATE_COLUMNS = 'measured'.length;
