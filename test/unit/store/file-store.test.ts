import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { createGeneration } from '../../../src/planes/store/generations.ts';
import { globalIngressSchema } from '../../../src/planes/store/schema.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';
import { SOON } from '../../support/until.ts';
import { ALICE, BOB, describeStore, stateOf } from './contract.ts';

const HOST = 'shop.example.test';

let directory: string;
let store: GlobalIngressStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  store = openFileStore(join(directory, 'not', 'there', 'yet'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const state = (revision: number, overrides: Partial<GlobalIngress> = {}) => stateOf(HOST, revision, overrides);
const files = async () => (await readdir(join(directory, 'not', 'there', 'yet', HOST))).sort();
const path = (file: string) => join(directory, 'not', 'there', 'yet', HOST, file);

describeStore('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  const root = join(folder, 'not', 'there', 'yet');
  return {
    store: openFileStore(root),
    other: openFileStore(root),
    host: HOST,
    secondHost: 'api.example.test',
    lose: () => rm(join(root, HOST), { recursive: true }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

async function putUpTo(last: number): Promise<void> {
  for (let revision = 2; revision <= last; revision += 1) await store.put(state(revision));
}

describe('put', () => {
  it('is written when the same state is there already', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    expect(await store.put(state(2))).toEqual({ kind: 'written' });
    expect(await files()).toEqual(['1.json', '2.json']);
  });

  it('keeps the last 32 generations', async () => {
    await store.claim(HOST, ALICE, 5);
    await putUpTo(40);
    const kept = await files();
    expect(kept).toHaveLength(32);
    expect(kept).toEqual(expect.arrayContaining(['9.json', '40.json']));
  });

  it('removes what a killed writer left behind, but not what another one is writing', async () => {
    await store.claim(HOST, ALICE, 5);
    await writeFile(path('.tmp-1-killed'), '');
    await writeFile(path('.tmp-2-writes'), '');
    const longAgo = new Date(Date.now() - 11 * 60_000);
    await utimes(path('.tmp-1-killed'), longAgo, longAgo);
    await putUpTo(2);
    expect(await files()).toEqual(['.tmp-2-writes', '1.json', '2.json']);
  });
});

describe('a writer that slept', () => {
  it('decides again when it fills a number that others made and pruned long ago', async () => {
    await store.claim(HOST, ALICE, 5);
    await putUpTo(40);
    const document = { kind: 'claimed', state: state(2, { ttlSeconds: 99 }) } as const;
    const root = join(directory, 'not', 'there', 'yet');
    expect(await createGeneration(root, { host: HOST, sequence: 2, document })).toBe('lost');
    expect(await store.get(HOST)).toEqual(state(40));
  });
});

it('reads what the first version wrote, which knew shares and addresses only', () => {
  const targets = [{ cluster: 'east', share: 10_000, addresses: ['127.0.0.11'] }];
  const written = { host: HOST, owner: ALICE, revision: 3, ttlSeconds: 5, targets };
  expect(globalIngressSchema.parse(written)).toEqual(state(3));
});

describe('damage', () => {
  it.each([
    ['cut short', (text: string) => text.slice(0, 40)],
    ['empty', () => ''],
    ['changed by hand', (text: string) => text.replace('127.0.0.11', '127.0.0.99')],
    ['of another hostname', (text: string) => text.replaceAll(HOST, 'x.example.test')],
  ])('reads the generation before one that is %s, and writes above both', async (_name, change) => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    await store.put(state(3));
    await writeFile(path('3.json'), change(await readFile(path('3.json'), 'utf8')));
    expect(await store.get(HOST)).toEqual(state(2));
    expect(await store.put(state(4))).toEqual({ kind: 'written' });
    expect((await files()).at(-1)).toBe('4.json');
    expect(await store.get(HOST)).toEqual(state(4));
  });

  it('of every generation is an error, not an unclaimed hostname', async () => {
    await store.claim(HOST, ALICE, 5);
    await writeFile(path('1.json'), 'garbage');
    await expect(store.get(HOST)).rejects.toThrow('all generations of a hostname are damaged');
    await expect(store.claim(HOST, BOB, 5)).rejects.toThrow('all generations of a hostname are damaged');
  });

  it('does not mind files that are none of its own', async () => {
    await store.claim(HOST, ALICE, 5);
    await writeFile(path('notes.txt'), 'hello');
    await writeFile(path('.tmp-1-killed'), '{');
    expect(await store.get(HOST)).toMatchObject({ revision: 1 });
  });
});

describe('watch', () => {
  it('does not go back to an earlier state when the newest becomes unreadable, and says so', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
    const onError = vi.fn<(error: Error) => void>();
    const stop = store.watch(onChange, onError);
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([state(2)]), SOON);
    await writeFile(path('2.json'), 'garbage');
    await utimes(path('.'), new Date(), new Date());
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1), SOON);
    await store.claim('api.example.test', BOB, 5);
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toHaveLength(2), SOON);
    expect(onChange.mock.lastCall?.[0]).toContainEqual(state(2));
    expect(onError.mock.lastCall?.[0].message).toMatch(
      /2\.json is damaged; the newest state that could be read is used$/,
    );

    await store.put(state(3));
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toContainEqual(state(3)), SOON);
    stop();
  });

  it('keeps what it knows of a hostname that becomes unreadable, and says so', async () => {
    await store.claim(HOST, ALICE, 5);
    const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
    const onError = vi.fn<(error: Error) => void>();
    const stop = store.watch(onChange, onError);
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1), SOON);
    await writeFile(path('1.json'), 'garbage');
    await store.claim('api.example.test', BOB, 5);
    await utimes(path('.'), new Date(), new Date());
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0].map(({ host }) => host)).toContain(HOST), SOON);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(expect.objectContaining({ host: HOST })), SOON);
    stop();
  });
});
