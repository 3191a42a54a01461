import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyGlobalIngress, type GlobalIngress } from '../../../src/plan/global-ingress.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { createGeneration } from '../../../src/planes/store/generations.ts';
import { globalIngressSchema } from '../../../src/planes/store/schema.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';
import type { HealthCheck } from '../../../src/spec/types.ts';

const HOST = 'shop.example.test';
const ALICE = { namespace: 'default', name: 'alice' };
const BOB = { namespace: 'default', name: 'bob' };

let directory: string;
let store: GlobalIngressStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  store = openFileStore(join(directory, 'not', 'there', 'yet'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function state(revision: number, overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  const targets = [{ cluster: 'east', share: 10_000, addresses: ['127.0.0.11'], hostnames: [] }];
  const empty = emptyGlobalIngress({ host: HOST, owner: ALICE, revision, ttlSeconds: 5 });
  return { ...empty, targets, ...overrides };
}

const EAST = { cluster: 'east', count: 10_000 };

function healthOf(probe: HealthCheck['probe']): HealthCheck {
  const thresholds = { unhealthyThreshold: 3, healthyThreshold: 1, failOpenPercent: 50 };
  return { probe, intervalSeconds: 5, timeoutSeconds: 2, ...thresholds };
}

const files = async () => (await readdir(join(directory, 'not', 'there', 'yet', HOST))).sort();
const path = (file: string) => join(directory, 'not', 'there', 'yet', HOST, file);

describe('claim', () => {
  it('makes an empty state with revision 1', async () => {
    const current = state(1, { targets: [] });
    expect(await store.claim(HOST, ALICE, 5)).toEqual({ kind: 'claimed', current });
    expect(await store.get(HOST)).toEqual(current);
  });

  it('gives the same owner what it has, and everybody else a refusal that names the owner', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    expect(await store.claim(HOST, ALICE, 60)).toEqual({ kind: 'claimed', current: state(2) });
    expect(await store.claim(HOST, BOB, 5)).toEqual({ kind: 'taken', by: ALICE });
  });

  it('goes on from the revision of the owner before', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(7));
    await store.release(HOST, ALICE);
    expect(await store.get(HOST)).toBeUndefined();
    expect(await store.claim(HOST, BOB, 5)).toMatchObject({ kind: 'claimed', current: { revision: 9, owner: BOB } });
  });

  it.each(['../etc', 'a/b', '.', '..', '', 'UPPER.test', `${'a'.repeat(64)}.test`, 'a..b', '-a.test', 'a.test.'])(
    'refuses %j before it becomes a path',
    async (host) => {
      await expect(store.claim(host, ALICE, 5)).rejects.toThrow('is no hostname');
    },
  );
});

describe('put', () => {
  it('writes a higher revision of the owner, also with a gap', async () => {
    await store.claim(HOST, ALICE, 5);
    expect(await store.put(state(5))).toEqual({ kind: 'written' });
    expect(await store.get(HOST)).toEqual(state(5));
  });

  it.each<[string, Partial<GlobalIngress>]>([
    ['weighted, drawn sticky', { routing: { kind: 'weighted', draw: { kind: 'sticky', slots: [EAST] } }, tls: true }],
    [
      'failover, with a TCP probe',
      { routing: { kind: 'failover', clusters: ['east'] }, health: healthOf({ kind: 'tcp' }) },
    ],
    [
      'geo, with an HTTPS probe',
      {
        routing: { kind: 'geo', regions: [{ name: 'eu', clusters: ['east'] }], draw: { kind: 'stratified' } },
        health: healthOf({
          kind: 'https',
          path: '/',
          hostHeader: 'a.test',
          port: 443,
          statuses: [{ from: 200, to: 204 }],
        }),
        targets: [{ cluster: 'east', share: 10_000, addresses: ['::1'], hostnames: ['lb.test'] }],
      },
    ],
  ])('keeps every field: %s', async (_what, fields) => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2, fields));
    expect(await store.get(HOST)).toEqual(state(2, fields));
    expect(await store.put(state(2, fields))).toEqual({ kind: 'written' });
    expect(await files()).toEqual(['1.json', '2.json']);
  });

  it('is written when the same state is there already', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    expect(await store.put(state(2))).toEqual({ kind: 'written' });
    expect(await files()).toEqual(['1.json', '2.json']);
  });

  it.each([
    ['a revision that is not above the current one', state(2, { ttlSeconds: 9 })],
    ['a lower revision', state(1)],
    ['another owner', state(3, { owner: BOB })],
  ])('refuses %s and hands back the current state', async (_name, next) => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    expect(await store.put(next)).toEqual({ kind: 'conflict', current: state(2) });
  });

  it('refuses a hostname that nobody claims', async () => {
    expect(await store.put(state(2))).toEqual({ kind: 'conflict', current: undefined });
  });

  it('keeps four generations', async () => {
    await store.claim(HOST, ALICE, 5);
    for (const revision of [2, 3, 4, 5, 6]) await store.put(state(revision));
    expect(await files()).toEqual(['3.json', '4.json', '5.json', '6.json']);
  });
});

describe('a writer that slept', () => {
  it('decides again when it fills a number that others made and pruned long ago', async () => {
    await store.claim(HOST, ALICE, 5);
    for (const revision of [2, 3, 4, 5, 6]) await store.put(state(revision));
    const document = { kind: 'claimed', state: state(2, { ttlSeconds: 99 }) } as const;
    const root = join(directory, 'not', 'there', 'yet');
    expect(await createGeneration(root, { host: HOST, sequence: 2, document })).toBe('lost');
    expect(await store.get(HOST)).toEqual(state(6));
  });
});

describe('release', () => {
  it('does nothing for somebody else', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.release(HOST, BOB);
    expect(await store.get(HOST)).toMatchObject({ owner: ALICE, revision: 1 });
  });

  it('takes the hostname out of the list', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.claim('api.example.test', BOB, 5);
    expect((await store.list()).map(({ host }) => host)).toEqual(['api.example.test', HOST]);
    await store.release(HOST, ALICE);
    expect((await store.list()).map(({ host }) => host)).toEqual(['api.example.test']);
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
  it('tells everything at once, then each change of this and other openers of the folder', async () => {
    const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
    const onError = vi.fn<(error: Error) => void>();
    const stop = store.watch(onChange, onError);
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([]));
    const other = openFileStore(join(directory, 'not', 'there', 'yet'));
    await other.claim(HOST, ALICE, 5);
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([expect.objectContaining({ revision: 1 })]));
    const before = performance.now();
    await other.put(state(2));
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([state(2)]), { interval: 1 });
    expect(performance.now() - before).toBeLessThan(4_000);
    await other.release(HOST, ALICE);
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([]));
    stop();
    expect(onError).not.toHaveBeenCalled();
  });

  it('does not go back to an earlier state when the newest becomes unreadable, and says so', async () => {
    await store.claim(HOST, ALICE, 5);
    await store.put(state(2));
    const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
    const onError = vi.fn<(error: Error) => void>();
    const stop = store.watch(onChange, onError);
    await vi.waitFor(() => expect(onChange).toHaveBeenLastCalledWith([state(2)]));
    await writeFile(path('2.json'), 'garbage');
    await utimes(path('.'), new Date(), new Date());
    await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1));
    await store.claim('api.example.test', BOB, 5);
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toHaveLength(2));
    expect(onChange.mock.lastCall?.[0]).toContainEqual(state(2));
    expect(onError.mock.lastCall?.[0].message).toMatch(
      /2\.json is damaged; the newest state that could be read is used$/,
    );

    await store.put(state(3));
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toContainEqual(state(3)));
    stop();
  });

  it('keeps what it knows of a hostname that becomes unreadable, and says so', async () => {
    await store.claim(HOST, ALICE, 5);
    const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
    const onError = vi.fn<(error: Error) => void>();
    const stop = store.watch(onChange, onError);
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
    await writeFile(path('1.json'), 'garbage');
    await store.claim('api.example.test', BOB, 5);
    await utimes(path('.'), new Date(), new Date());
    await vi.waitFor(() => expect(onChange.mock.lastCall?.[0].map(({ host }) => host)).toContain(HOST));
    await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(expect.objectContaining({ host: HOST })));
    stop();
  });
});
