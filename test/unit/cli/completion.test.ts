import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
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
  });
});
