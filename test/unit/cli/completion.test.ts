import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { sluice } from './run-program.ts';

/** Completes the last of `words` with the script that bash gets; `sluice list` is a stub. */
function complete(script: string, words: readonly string[]): readonly string[] {
  const program = `
    sluice() {
      case "$*" in
        *json) printf '  {\\n    "cluster": "west",\\n    "cluster": "east"\\n    "clusterName": "no"\\n  }\\n' ;;
        *) printf 'federatedingress/shop\\nfederatedingress/blog\\n' ;;
      esac
    }
    ${script}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
    _sluice
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

describe('completion in bash', () => {
  it('knows verbs, and the names of what is there', async () => {
    const { code, stdout } = await sluice(['completion', 'bash']);
    expect(code).toBe(0);
    expect(complete(stdout, ['sluice', 'pro'])).toEqual(['promote']);
    expect(complete(stdout, ['sluice', 'watch', ''])).toEqual(['shop', 'blog']);
    expect(complete(stdout, ['sluice', 'undo', 's'])).toEqual(['shop']);
    expect(complete(stdout, ['sluice', 'drain', ''])).toEqual(['east', 'west']);
    expect(complete(stdout, ['sluice', 'version', ''])).toEqual(['']);
    expect(complete(stdout, ['sluice', 'dns', 'de'])).toEqual(['delegation']);
    expect(complete(stdout, ['sluice', 'dns', 'challenge', ''])).toEqual(['set', 'clear', 'show']);
  });

  it.each([
    { words: ['drain', 'east', '--on'], found: ['--only'] },
    { words: ['drain', 'east', '--only', ''], found: ['shop', 'blog'] },
    { words: ['drain', 'east', '--only', 'b'], found: ['blog'] },
    { words: ['undo', 'shop', '--to'], found: ['--to-generation', '--token'] },
    { words: ['history', 'shop', '-o', 'js'], found: ['json', 'jsonl'] },
    { words: ['simulate', '--'], found: expect.arrayContaining(['--file', '--fail', '--recover', '--output']) },
    { words: ['dns', 'keygen', '--'], found: ['--config', '--directory', '--help'] },
    { words: ['dns', '--w'], found: ['--workers'] },
    { words: ['serve', '--se'], found: [''] },
  ])('knows the flags of $words.0, and what may follow them: $words', async ({ words, found }) => {
    const { stdout } = await sluice(['completion', 'bash']);
    expect(complete(stdout, ['sluice', ...words])).toEqual(found);
  });
});

/** A verb or a command below one, with its words. */
function allOf(command: Command, words: readonly string[]): readonly { words: readonly string[]; command: Command }[] {
  return [{ words, command }, ...command.commands.flatMap((child) => allOf(child, [...words, child.name()]))];
}

describe('completion', () => {
  const verbs = createProgram().commands.flatMap((verb) => allOf(verb, [verb.name()]));

  it('has every verb and every flag that the help shows, in bash and fish', async () => {
    const { stdout: bash } = await sluice(['completion', 'bash']);
    const { stdout: fish } = await sluice(['completion', 'fish']);
    const program = verbs.filter(({ words }) => words.length === 1).map(({ words }) => words[0] ?? '');
    expect(complete(bash, ['sluice', ''])).toEqual(program);
    for (const { words, command } of verbs) {
      const flags = command.helpInformation().match(/(?<=^ {2}(?:-\w, )?)--[a-z-]+/gm) ?? [];
      expect(bash, words.join(' ')).toContain(`'${words.join(' ')} '*) words='`);
      const line = bash.split('\n').find((one) => one.includes(`'${words.join(' ')} '*) words='-`)) ?? '';
      expect(
        flags.filter((flag) => !line.includes(flag)),
        words.join(' '),
      ).toEqual([]);
      const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
      const known = fish.split('\n').filter((one) => one.includes(`'${seen}' `));
      expect(
        flags.filter((flag) => !known.some((one) => one.includes(` -l ${flag.slice(2)}`))),
        seen,
      ).toEqual([]);
    }
  });
});
