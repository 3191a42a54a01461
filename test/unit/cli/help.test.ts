import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';

const VERBS = createProgram().commands;

interface Named {
  readonly name: string;
  readonly verb: Command;
}

/** Verbs, and the commands that some of them have: `dns challenge set`. */
function named(verbs: readonly Command[], before = ''): readonly Named[] {
  return verbs.flatMap((verb) => {
    const name = `${before}${verb.name()}`;
    return [{ name, verb }, ...named(verb.commands, `${name} `)];
  });
}

describe('the help of a verb', () => {
  it.each(named(VERBS))('shows examples for $name', ({ name, verb }) => {
    let help = '';
    verb.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(help).toMatch(new RegExp(`Examples:\n  # .+\n  .*sluice ${name}`));
    expect(help).toContain(verb.summary() === '' ? 'a summary' : 'Usage: sluice');
  });

  it.each(['serve', 'worker', 'api', 'dns', 'dns delegation', 'dns keygen', 'version'])(
    'does not tell %s how to reach a server',
    (name) => {
      expect(helpOf(name)).not.toContain('--server');
    },
  );

  it.each(['explain', 'dns challenge set'])('tells %s how to reach a server, and not how to run one', (name) => {
    expect(helpOf(name)).toContain('--server');
    expect(helpOf(name)).not.toContain('--workers');
  });
});

function helpOf(name: string): string {
  const verb = named(VERBS).find((one) => one.name === name);
  if (verb === undefined) throw new Error(`there is no ${name}`);
  return verb.verb.helpInformation();
}
