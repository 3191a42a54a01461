import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { workflowBundle } from '../../../src/worker/workflow-code/bundle.ts';

const log = createLog({ level: 'error', name: 'test' });
const { signal } = new AbortController();

describe('the bundle of workflows', () => {
  let directory = '';
  let code = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-bundle-'));
    code = await workflowBundle({ log, signal, directory });
  }, 300_000);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('is made by the bundler of the SDK', () => expect(code).toContain('globalThis.__webpack_module_cache__'));

  it('is kept whole, and taken from there the next time', async () => {
    const [file = ''] = await readdir(directory);
    expect(await readFile(join(directory, file), 'utf8')).toBe(code);
    await writeFile(join(directory, file), 'as it was kept');
    expect(await workflowBundle({ log, signal, directory })).toBe('as it was kept');
  });

  it('is made all the same where nothing can be kept', async () => {
    const blocked = join(directory, 'a-file');
    await writeFile(blocked, '');
    const made = await workflowBundle({ log, signal, directory: join(blocked, 'below') });
    expect(made).toContain('globalThis.__webpack_module_cache__');
  }, 300_000);
});
