import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const SHOWN = ['plan', 'simulate', 'delete', 'undo', 'drain', 'undrain', 'history', 'explain', 'dns'];

/** A command and those below it, with their words: `dns challenge set`. */
function allOf(command: Command, words: string): readonly { readonly words: string; readonly command: Command }[] {
  return [{ words, command }, ...command.commands.flatMap((child) => allOf(child, `${words} ${child.name()}`))];
}

const verbs = createProgram()
  .commands.filter((verb) => SHOWN.includes(verb.name()))
  .flatMap((verb) => allOf(verb, verb.name()));

it.each(verbs)('sluice $words --help', async ({ words, command }) => {
  let help = '';
  command
    .configureOutput({
      writeOut: (text) => void (help += text),
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    })
    .outputHelp();
  await expect(help).toMatchFileSnapshot(`cli/help-${words.replaceAll(' ', '-')}.txt`);
});
