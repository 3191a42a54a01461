import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** What the program would not take of these words after `sluice`: an unknown verb, an unknown option. Empty: all is well. */
export function programMistake(words: readonly string[]): readonly string[] {
  return mistakeIn(createProgram(), words, 'sluice');
}

function mistakeIn(command: Command, words: readonly string[], said: string): readonly string[] {
  const { operands, unknown } = command.parseOptions([...words]);
  const [verb] = operands;
  const next = command.commands.find((one) => verb !== undefined && [one.name(), ...one.aliases()].includes(verb));
  if (next !== undefined) return mistakeIn(next, [...operands.slice(1), ...unknown], `${said} ${next.name()}`);
  if (verb !== undefined && command.commands.length > 0) return [`${said} has no verb "${verb}"`];
  return unknown.filter((word) => word !== '--help').map((word) => `${said} does not take ${word}`);
}
