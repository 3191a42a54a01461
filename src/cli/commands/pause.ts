import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { addPlainVerb } from '../steering.ts';

export function addPause(program: Command): void {
  addPlainVerb(program, 'pause', {
    summary: 'hold a rollout before its next step',
    description: 'Holds a rollout: the step that runs is finished, the next one does not begin.',
    examples: examples(['Look before it goes on', 'sluice pause shop --reason "error rate looks odd"']),
  });
}
