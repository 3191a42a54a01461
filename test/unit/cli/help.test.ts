import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';

const VERBS = createProgram().commands;

describe('the help of a verb', () => {
  it.each(VERBS.map((verb) => ({ name: verb.name(), verb })))('shows examples for $name', ({ name, verb }) => {
    let help = '';
    verb.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    expect(help).toMatch(new RegExp(`Examples:\n  # .+\n  .*sluice ${name}`));
    expect(help).toContain(verb.summary() === '' ? 'a summary' : 'Usage: sluice');
  });

  it.each(['serve', 'worker', 'api', 'dns', 'version'])('does not tell %s how to reach a server', (name) => {
    const verb = VERBS.find((one) => one.name() === name);
    expect(verb?.helpInformation()).not.toContain('--server');
  });
});
