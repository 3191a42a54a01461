import { mkdtempSync, renameSync } from 'node:fs';
import type * as Files from 'node:fs/promises';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openChallenges } from '../../../src/planes/store/challenges.ts';
import { until } from '../../support/until.ts';

/** What happens between the list of a folder and the first file that is read from it. */
const between = vi.hoisted(() => ({ happens: (): void => undefined }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>();
  const readFile = async (...args: Parameters<typeof real.readFile>) => {
    between.happens();
    return await real.readFile(...args);
  };
  return { ...real, readFile };
});

it('keeps what it knows when the folder goes away while it is read', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'sluice-challenges-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const directory = join(parent, 'challenges');
  const store = openChallenges(directory, { rescanMs: 20 });
  await store.put({ host: 'shop.example.test', values: ['a'], expiresAt: Date.now() + 3_600_000 });
  const told: string[][] = [];
  const troubles: string[] = [];
  const stop = store.watch(
    (all) => told.push([...all.keys()]),
    ({ message }) => troubles.push(message),
  );
  onTestFinished(stop);
  await until(() => (told.length > 0 ? true : undefined), { what: 'what is known' });
  between.happens = () => {
    between.happens = () => undefined;
    renameSync(directory, `${directory}-away`);
  };
  await until(() => (troubles.length > 0 ? true : undefined), { what: 'the trouble' });
  expect(troubles[0]).toContain('ENOENT');
  expect(told).toEqual([['shop.example.test']]);
});
