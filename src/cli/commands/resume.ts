import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { addPlainVerb } from '../steering.ts';

export function addResume(program: Command): void {
  addPlainVerb(program, 'resume', {
    summary: 'let a held rollout go on',
    description: 'Lets a rollout go on that `sluice pause` holds.',
    examples: examples(['Go on', 'sluice resume shop']),
  });
}
