import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { trafficActivities } from '../../../src/activities/traffic.ts';
import type { InForce, Unpublished } from '../../../src/activities/types.ts';
import type { Counted } from '../../../src/plan/measured.ts';
import { LeafError } from '../../../src/planes/leaf/errors.ts';
import type { LeafIntent, LeafPlane } from '../../../src/planes/leaf/leaf.ts';
import type { Observation, Plane } from '../../../src/planes/plane.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { anIngress, EAST, WEST } from '../dns/support.ts';
import { asActivity } from './activity-context.ts';

afterEach(() => void vi.restoreAllMocks());

/** A plane whose instances follow after so many looks. */
function aPlane(instances: Readonly<Record<string, number>>, counted: Counted) {
  let looks = 0;
  const asked: string[] = [];
  const plane: Plane = {
    name: 'scripted',
    observe: async () => {
      looks += 1;
      asked.push('observe');
      return Object.entries(instances).map(([instance, after]): Observation => {
        const common = { instance, reason: 'OldRevision', message: 'is behind' };
        return looks > after ? { kind: 'inForce', instance } : { kind: 'pending', ...common };
      });
    },
    measure: async () => {
      asked.push('measure');
      return counted;
    },
    health: async () => [],
  };
  return { plane, asked };
}

/** Shifts with these planes, and gives what the shift ended with. */
async function shifted(
  planes: readonly Plane[],
  put: (state: unknown) => void = () => undefined,
  limit: { readonly giveUpAt?: number } = {},
): Promise<InForce | Unpublished | undefined> {
  const store = {
    claim: async () => ({ kind: 'claimed' }),
    put: async (state: unknown) => {
      put(state);
      return { kind: 'written' };
    },
  };
  const { shiftTraffic } = trafficActivities({ store, planes, report: async () => undefined } as never);
  const inForce = Promise.withResolvers<InForce | Unpublished | undefined>();
  const activity = asActivity({}, async () => {
    inForce.resolve(await shiftTraffic({ watch: 'one', globalIngress: anIngress(), counted: true, ...limit }));
  });
  expect(await activity.ended).toBe('completed');
  return inForce.promise;
}

it('a shift says of an instance that could not be asked that it is believed', async () => {
  const { plane } = aPlane({}, {});
  const observe = async (): Promise<readonly Observation[]> => [
    { kind: 'inForce', instance: 'asked' },
    { kind: 'inForce', instance: 'believed', by: 'report' },
  ];
  const inForce = await shifted([{ ...plane, observe }]);
  expect(inForce).toMatchObject({ instances: ['asked', 'believed (by its own report)'] });
});

it('a shift ends when every instance serves it, with what each of them had counted then and not before', async () => {
  const one = aPlane({ a: 0, b: 2 }, { 'a#1': { east: 5 } });
  const two = aPlane({ c: 1 }, { 'c#1': { west: 7 } });
  const put: unknown[] = [];
  const inForce = await shifted([one.plane, two.plane], (state) => put.push(state));
  expect(put).toEqual([anIngress()]);
  expect(inForce).toEqual({
    instances: ['a', 'b', 'c'],
    counted: { 'a#1': { east: 5 }, 'c#1': { west: 7 } },
    servedForMs: expect.any(Number),
  });
  expect(one.asked).toEqual(['observe', 'observe', 'observe', 'measure']);
});

it('a preview host goes on from its own revision, is written when it changes, and is waited for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-preview-'));
  const store = openFileStore(directory);
  const [host, owner] = ['preview.shop.example.test', { namespace: 'default', name: 'shop' }];
  // Somebody had it before.
  const other = { namespace: 'default', name: 'other' };
  await store.claim(host, other, 5);
  await store.put(anIngress({ host, owner: other, revision: 40 }));
  await store.release(host, other);
  const observed: unknown[] = [];
  const { plane } = aPlane({ a: 0 }, {});
  const observe = async (...asked: readonly unknown[]): Promise<readonly Observation[]> => {
    observed.push(asked.slice(0, 2));
    return [{ kind: 'inForce', instance: 'a' }];
  };
  const dependencies = { store, planes: [{ ...plane, observe }], report: async () => undefined };
  const { shiftTraffic } = trafficActivities(dependencies as never);
  const shift = async (revision: number, ...targets: readonly ReturnType<typeof anIngress>['targets'][number][]) => {
    const preview = anIngress({ host, previewOf: 'shop.example.test', revision, targets });
    const dropped = ['old.example.test'];
    const input = { watch: 'one', globalIngress: anIngress({ revision }), preview, dropped };
    const { ended } = asActivity({}, async () => void (await shiftTraffic(input)));
    expect(await ended).toBe('completed');
  };
  await store.claim('old.example.test', owner, 5);
  await shift(7, EAST);
  expect(await store.get('old.example.test')).toBeUndefined();
  const first = (await store.get(host))?.revision ?? 0;
  expect(first).toBeGreaterThan(40);
  await shift(8, EAST);
  expect((await store.get(host))?.revision).toBe(first);
  await shift(9, WEST);
  expect(await store.get(host)).toMatchObject({ revision: first + 1, targets: [{ cluster: 'west' }] });
  expect(observed.slice(-2)).toEqual([
    ['shop.example.test', 9],
    [host, first + 1],
  ]);
  rmSync(directory, { recursive: true });
});

it('a shift fills a store that was emptied, and fails when somebody else has taken the hostname meanwhile', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-emptied-'));
  const store = openFileStore(directory);
  const { plane } = aPlane({ a: 0 }, {});
  const { shiftTraffic } = trafficActivities({ store, planes: [plane], report: async () => undefined } as never);
  const shift = (revision: number) => {
    const globalIngress = anIngress({ revision });
    return asActivity({}, async () => void (await shiftTraffic({ watch: 'one', globalIngress }))).ended;
  };
  const { host, owner } = anIngress();
  expect(await shift(7)).toBe('completed');
  expect(await store.get(host)).toMatchObject({ revision: 7 });
  await store.release(host, owner);
  await store.claim(host, { namespace: 'default', name: 'other' }, 5);
  const message = `revision 8 of ${host} cannot be published: the hostname is now held by default/other`;
  expect(await shift(8)).toMatchObject({ type: 'HostnameClaimed', nonRetryable: true, message });
  rmSync(directory, { recursive: true });
});

describe('a shift with leaves', () => {
  const leaves = ['east', 'west'].map((cluster): LeafIntent => {
    return { ref: { kind: 'HTTPRoute', cluster, namespace: 'default', name: 'shop' } } as never;
  });
  const aRefusal = new LeafError({ cluster: 'west', reason: 'NotObserved', message: 'waits', retryable: true });

  /** What was done in which order, and what it came to. */
  function shifting(observed: LeafPlane['observed'], publishedRevision = 0) {
    const done: string[] = [];
    const store = {
      get: async () => ({ revision: publishedRevision }),
      claim: async () => ({ kind: 'claimed' }),
      put: async () => {
        done.push('put');
        return { kind: 'written' };
      },
    };
    const plane = {
      apply: async ({ ref }: LeafIntent) => void done.push(`apply ${ref.cluster}`),
      observed: async (...args: Parameters<LeafPlane['observed']>) => {
        await observed(...args);
        done.push(`observed ${args[0].cluster}`);
      },
    };
    const dependencies = { store, leaves: plane, planes: [], report: async () => undefined };
    const { shiftTraffic } = trafficActivities(dependencies as never);
    const outcome = Promise.withResolvers<unknown>();
    const activity = asActivity({}, async () => {
      outcome.resolve(await shiftTraffic({ watch: 'one', globalIngress: anIngress(), counted: true, leaves }));
    });
    return { activity, done, outcome: outcome.promise };
  }

  it('publishes when they have been taken up everywhere', async () => {
    const { done, outcome } = shifting(async () => undefined);
    expect(await outcome).toMatchObject({ instances: [], counted: {} });
    expect(done).toEqual(['apply east', 'apply west', 'observed east', 'observed west', 'put']);
  });

  it('publishes nothing when one of them was not', async () => {
    const { done, outcome } = shifting(async ({ cluster }) => {
      if (cluster === 'west') throw aRefusal;
    });
    expect(await outcome).toEqual({ kind: 'unpublished' });
    expect(done).toEqual(['apply east', 'apply west', 'observed east']);
  });

  it('publishes nothing when it is cancelled meanwhile', async () => {
    const reached = Promise.withResolvers<void>();
    const { activity, done, outcome } = shifting(async (_ref, signal) => {
      reached.resolve();
      await once(signal, 'abort');
    });
    await reached.promise;
    await activity.cancel();
    expect(await outcome).toEqual({ kind: 'unpublished' });
    expect(done).not.toContain('put');
  });

  it('does not go back behind what an attempt before has published', async () => {
    const { done, outcome } = shifting(async () => Promise.reject(aRefusal), anIngress().revision);
    expect(await outcome).toMatchObject({ instances: [], counted: {} });
    expect(done).toEqual(['put']);
  });

  it('fails for what is no answer of a cluster', async () => {
    const { activity } = shifting(async () => Promise.reject(new TypeError('a bug')));
    expect(await activity.ended).toEqual(new TypeError('a bug'));
  });
});

it('a shift that is given up names who does not serve it, and says for how long the others did', async () => {
  const one = aPlane({ a: 0, b: Number.POSITIVE_INFINITY }, { 'a#1': { east: 5 } });
  const now = Date.now();
  // The time is up at the fourth look, however long looking takes.
  vi.spyOn(Date, 'now').mockImplementation(() => now + one.asked.length);
  const inForce = await shifted([one.plane], undefined, { giveUpAt: now + 4 });
  expect(inForce).toMatchObject({ instances: ['a'], missing: [{ instance: 'b', message: 'is behind' }] });
  expect(inForce && 'servedForMs' in inForce ? inForce.servedForMs : 0).toBeGreaterThan(0);
});

it('a shift that is begun again after its time looks once before it is given up', async () => {
  const one = aPlane({ a: 0 }, {});
  const inForce = await shifted([one.plane], undefined, { giveUpAt: Date.now() - 1_000 });
  expect(inForce).toEqual({ instances: ['a'], counted: {}, servedForMs: expect.any(Number) });
});
