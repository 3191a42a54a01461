import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { addPlainVerb } from '../steering.ts';

export function addRetry(program: Command): void {
  addPlainVerb(program, 'retry', {
    summary: 'begin a rolled back rollout again',
    description: 'Starts the rollout of the newest generation again after it rolled back or failed.',
    examples: examples(['After the cause is gone', 'sluice retry shop --reason "image is there now"']),
  });
}
