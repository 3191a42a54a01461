import { createProgram } from '../../src/cli/program.ts';

/** What the program would not take of these words after `sluice`: an unknown verb, an unknown option. Empty: all is well. */
export function programMistake(words: readonly string[]): readonly string[] {
  const program = createProgram();
  const { operands, unknown } = program.parseOptions([...words]);
  const [verb = ''] = operands;
  const command = program.commands.find((one) => one.name() === verb || one.aliases().includes(verb));
  if (command === undefined) {
    return verb === '' && unknown.every((word) => word === '--help') ? [] : [`sluice has no verb "${verb}"`];
  }
  const rest = command.parseOptions(unknown).unknown.filter((word) => word !== '--help');
  return rest.map((word) => `sluice ${verb} does not take ${word}`);
}
