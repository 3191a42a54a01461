import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ChallengeStore, openChallenges } from '../../../src/planes/store/challenges.ts';
import { SOON } from '../../support/until.ts';

const HOST = 'shop.example.test';
const API = 'api.example.test';
const HOUR_MS = 3_600_000;

let parent: string;
let directory: string;
let clock: number;
let store: ChallengeStore;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'sluice-challenges-'));
  directory = join(parent, 'not', 'there', 'yet');
  clock = 1_000_000;
  store = openChallenges(directory, { now: () => clock, rescanMs: 20 });
});

afterEach(() => rm(parent, { recursive: true, force: true }));

const put = (host: string, ...values: readonly string[]) => store.put({ host, values, expiresAt: clock + HOUR_MS });
const path = (host: string) => join(directory, host);

/** What the follower of another process of this machine has been told last. */
function follow() {
  const onChange = vi.fn<(all: ReadonlyMap<string, readonly string[]>) => void>();
  const onError = vi.fn<(error: Error) => void>();
  const stop = openChallenges(directory, { now: () => clock, rescanMs: 20 }).watch(onChange, onError);
  onTestFinished(stop);
  const told = () => Object.fromEntries(onChange.mock.lastCall?.[0] ?? [['nothing', ['told']]]);
  const becomes = (wanted: Readonly<Record<string, readonly string[]>>) =>
    vi.waitFor(() => expect(told()).toEqual(wanted), SOON);
  return { onChange, onError, stop, becomes };
}

describe('a challenge', () => {
  it('is kept, replaced and removed', async () => {
    await put(HOST, 'a', 'b');
    expect(await store.get(HOST)).toEqual({ host: HOST, values: ['a', 'b'], expiresAt: clock + HOUR_MS });
    await put(HOST, 'c');
    expect(await store.get(HOST)).toMatchObject({ values: ['c'] });
    await store.remove(HOST);
    expect(await store.get(HOST)).toBeUndefined();
    await store.remove(HOST);
  });

  it('is gone from the moment on at which it expires', async () => {
    await put(HOST, 'a');
    clock += HOUR_MS - 1;
    expect(await store.get(HOST)).toMatchObject({ values: ['a'] });
    clock += 1;
    expect(await store.get(HOST)).toBeUndefined();
  });

  it('can be of the longest hostname that there may be', async () => {
    const label = 'x'.repeat(63);
    const longest = `${label}.${label}.${label}.${'x'.repeat(61)}`;
    await put(longest, 'a');
    expect(await store.get(longest)).toMatchObject({ host: longest, values: ['a'] });
  });

  it('is read by its owner alone', async () => {
    await put(HOST, 'a');
    expect((await stat(path(HOST))).mode & 0o777).toBe(0o600);
  });

  it.each(['../etc', 'a/b', '.', '..', '', 'UPPER.test', 'a b', 'a'.repeat(254)])(
    'is refused for %j before that becomes a path',
    async (host) => {
      await expect(store.get(host)).rejects.toThrow('is no hostname');
      await expect(store.remove(host)).rejects.toThrow('is no hostname');
      await expect(put(host, 'a')).rejects.toThrow('is no hostname');
    },
  );

  it.each<[string, (text: string) => string]>([
    ['cut short', (text) => text.slice(0, 20)],
    ['changed by hand', (text) => text.replace('"a"', '"b"')],
    ['something else', () => '{"sha256": "x", "content": 1}'],
  ])('is not there when its file is %s', async (_what, change) => {
    await put(HOST, 'a');
    await writeFile(path(HOST), change(await readFile(path(HOST), 'utf8')));
    expect(await store.get(HOST)).toBeUndefined();
  });

  it('is not that of another hostname, whose file was copied', async () => {
    await put(HOST, 'a');
    await rename(path(HOST), path(API));
    expect(await store.get(API)).toBeUndefined();
  });

  it('leaves no file behind for good: who sets another clears what expired long ago', async () => {
    await put(HOST, 'a');
    clock += HOUR_MS + 1;
    await put(API, 'b');
    expect((await readdir(directory)).sort()).toEqual([API, HOST]);
    clock += HOUR_MS + 1;
    await put(API, 'b');
    expect(await readdir(directory)).toEqual([API]);
  });
});

describe('a follower', () => {
  it('hears of all at once, then of each change by another process, and of nothing twice', async () => {
    await put(HOST, 'a');
    const { becomes, onChange, onError } = follow();
    await becomes({ [HOST]: ['a'] });
    await put(API, 'b', 'c');
    await becomes({ [HOST]: ['a'], [API]: ['b', 'c'] });
    await put(HOST, 'd');
    await becomes({ [HOST]: ['d'], [API]: ['b', 'c'] });
    await store.remove(HOST);
    await becomes({ [API]: ['b', 'c'] });
    expect(onChange).toHaveBeenCalledTimes(4);
    expect(onError).not.toHaveBeenCalled();
  });

  it('hears that there is none before the folder is there', async () => {
    const { becomes } = follow();
    await becomes({});
    await put(HOST, 'a');
    await becomes({ [HOST]: ['a'] });
  });

  it('hears that one has expired, though no file changes', async () => {
    await put(HOST, 'a');
    const { becomes } = follow();
    await becomes({ [HOST]: ['a'] });
    clock += HOUR_MS;
    await becomes({});
  });

  it('hears nothing any more once it has stopped', async () => {
    const { becomes, onChange, stop } = follow();
    await becomes({});
    stop();
    const other = follow();
    await put(HOST, 'a');
    await other.becomes({ [HOST]: ['a'] });
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it('hears of the others when one cannot be read, and of the trouble once', async () => {
    await mkdir(path(HOST), { recursive: true });
    await put(API, 'b');
    const { becomes, onError } = follow();
    await becomes({ [API]: ['b'] });
    await put(API, 'c');
    await becomes({ [API]: ['c'] });
    expect(onError).toHaveBeenCalledTimes(1);
    expect(onError.mock.lastCall?.[0].message).toContain('EISDIR');
  });

  it('keeps what it knows until that expires while the folder cannot be read', async () => {
    await put(HOST, 'a');
    await store.put({ host: API, values: ['b'], expiresAt: clock + 2 * HOUR_MS });
    const { becomes, onError } = follow();
    await becomes({ [HOST]: ['a'], [API]: ['b'] });
    await rename(directory, `${directory}-away`);
    await writeFile(directory, 'no folder');
    await vi.waitFor(() => expect(onError).toHaveBeenCalled(), SOON);
    clock += HOUR_MS;
    await becomes({ [API]: ['b'] });
    await rm(directory);
    await rename(`${directory}-away`, directory);
    await put(HOST, 'c');
    await becomes({ [HOST]: ['c'], [API]: ['b'] });
  });

  it('hears of a folder that was removed and made again', async () => {
    await put(HOST, 'a');
    const { becomes } = follow();
    await becomes({ [HOST]: ['a'] });
    await rm(directory, { recursive: true });
    await put(HOST, 'b');
    await becomes({ [HOST]: ['b'] });
  });
});
