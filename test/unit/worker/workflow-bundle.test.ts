import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { stateOfSources, workflowBundle } from '../../../src/worker/workflow-code/bundle.ts';

const log = createLog({ level: 'error', name: 'test' });
const { signal } = new AbortController();

describe('the bundle of workflows', () => {
  let root = '';
  let directory = '';
  let code = '';

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-bundle-'));
    directory = join(root, 'kept', 'workflows');
    code = await workflowBundle({ log, signal, directory });
  }, 300_000);

  afterAll(() => rm(root, { recursive: true, force: true }));

  it('is made by the bundler of the SDK', () => expect(code).toContain('globalThis.__webpack_module_cache__'));

  it('is kept whole, and taken from there the next time', async () => {
    const file = `${await stateOfSources()}.js`;
    expect(await readdir(directory)).toEqual([file]);
    expect(await readFile(join(directory, file), 'utf8')).toBe(code);
    await writeFile(join(directory, file), 'as it was kept');
    await writeFile(join(directory, '0.js'), 'of other sources');
    expect(await workflowBundle({ log, signal, directory })).toBe('as it was kept');
  });

  it('is kept where nobody else may write code that will be run', async () => {
    const file = `${await stateOfSources()}.js`;
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  });

  it('is made anew for other sources and for other versions of packages', async () => {
    const [sources, manifest] = [join(root, 'sources'), join(root, 'package.json')];
    await mkdir(join(sources, 'below'), { recursive: true });
    const states: string[] = [];
    for (const [file, content] of [
      [manifest, '{}'],
      [join(sources, 'a.ts'), '1'],
      [join(sources, 'a.ts'), '12'],
      [join(sources, 'below', 'a.ts'), '3'],
      [join(sources, 'a.ts'), '1'],
      // Together they say what they said before the last change.
      [join(sources, 'below', 'a.ts'), '23'],
      [manifest, '{ "dependencies": {} }'],
    ] as const) {
      await writeFile(file, content);
      states.push(await stateOfSources(sources, manifest));
    }
    expect(new Set(states).size).toBe(states.length);
    expect(await stateOfSources(sources, manifest)).toBe(states.at(-1));
  });

  it('is made all the same where nothing can be kept', async () => {
    const blocked = join(root, 'a-file');
    await writeFile(blocked, '');
    const made = await workflowBundle({ log, signal, directory: join(blocked, 'below') });
    expect(made).toContain('globalThis.__webpack_module_cache__');
  }, 300_000);
});
