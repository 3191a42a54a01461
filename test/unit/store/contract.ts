import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyGlobalIngress, type GlobalIngress } from '../../../src/plan/global-ingress.ts';
import type { GlobalIngressStore } from '../../../src/planes/store/store.ts';
import type { HealthCheck } from '../../../src/spec/types.ts';
import { SOON } from '../../support/until.ts';

/** A store to try, with hostnames in it that nobody else uses. */
export interface StoreScene {
  readonly store: GlobalIngressStore;
  /** The same store as another process has it. */
  readonly other: GlobalIngressStore;
  readonly host: string;
  /** Sorts before `host`. */
  readonly secondHost: string;
  /** Loses the state of `host` without a release, as no process of ours ever does. */
  lose(): Promise<void>;
  close(): Promise<void>;
}

export const ALICE = { namespace: 'default', name: 'alice' };
export const BOB = { namespace: 'default', name: 'bob' };

export function stateOf(host: string, revision: number, overrides: Partial<GlobalIngress> = {}): GlobalIngress {
  const targets = [{ cluster: 'east', share: 10_000, addresses: ['127.0.0.11'], hostnames: [] }];
  const empty = emptyGlobalIngress({ host, owner: ALICE, revision, ttlSeconds: 5 });
  return { ...empty, targets, ...overrides };
}

const EAST = { cluster: 'east', count: 10_000 };

function healthOf(probe: HealthCheck['probe']): HealthCheck {
  const thresholds = { unhealthyThreshold: 3, healthyThreshold: 1, failOpenPercent: 50 };
  return { probe, intervalSeconds: 5, timeoutSeconds: 2, ...thresholds };
}

const FIELDS: readonly (readonly [string, Partial<GlobalIngress>])[] = [
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
];

/** What every GlobalIngress store does, whatever it keeps things in. */
export function describeStore(what: string, open: () => Promise<StoreScene>): void {
  describe(`a GlobalIngress store in ${what}`, () => {
    let scene: StoreScene;
    let store: GlobalIngressStore;
    let host: string;
    const state = (revision: number, overrides: Partial<GlobalIngress> = {}) => stateOf(host, revision, overrides);

    beforeEach(async () => {
      scene = await open();
      ({ store, host } = scene);
    });

    afterEach(() => scene.close());

    it('claims a hostname with an empty state of revision 1', async () => {
      const current = state(1, { targets: [] });
      expect(await store.claim(host, ALICE, 5)).toEqual({ kind: 'claimed', current });
      expect(await store.get(host)).toEqual(current);
    });

    it('gives the same owner what it has, and everybody else a refusal that names the owner', async () => {
      await store.claim(host, ALICE, 5);
      await store.put(state(2));
      expect(await store.claim(host, ALICE, 60)).toEqual({ kind: 'claimed', current: state(2) });
      expect(await store.claim(host, BOB, 5)).toEqual({ kind: 'taken', by: ALICE });
    });

    it('goes on from the revision of the owner before', async () => {
      await store.claim(host, ALICE, 5);
      await store.put(state(7));
      await store.release(host, ALICE);
      expect(await store.get(host)).toBeUndefined();
      expect(await store.put(state(9))).toEqual({ kind: 'conflict', current: undefined });
      expect(await store.claim(host, BOB, 5)).toMatchObject({ kind: 'claimed', current: { revision: 9, owner: BOB } });
    });

    it.each(['../etc', 'a/b', '.', '..', '', 'UPPER.test', `${'a'.repeat(64)}.test`, 'a..b', '-a.test', 'a.test.'])(
      'refuses %j before it becomes a path',
      async (wrong) => {
        await expect(store.claim(wrong, ALICE, 5)).rejects.toThrow('is no hostname');
        await expect(store.get(wrong)).rejects.toThrow('is no hostname');
      },
    );

    it('writes a higher revision of the owner, also with a gap', async () => {
      await store.claim(host, ALICE, 5);
      expect(await store.put(state(5))).toEqual({ kind: 'written' });
      expect(await scene.other.get(host)).toEqual(state(5));
    });

    it.each(FIELDS)('keeps every field, and takes the same state twice: %s', async (_what, fields) => {
      await store.claim(host, ALICE, 5);
      await store.put(state(2, fields));
      expect(await store.get(host)).toEqual(state(2, fields));
      expect(await scene.other.put(state(2, fields))).toEqual({ kind: 'written' });
    });

    it.each([
      ['a revision that is not above the current one', { ttlSeconds: 9 }, 2],
      ['a lower revision', {}, 1],
      ['another owner', { owner: BOB }, 3],
    ])('refuses %s and hands back the current state', async (_name, fields, revision) => {
      await store.claim(host, ALICE, 5);
      await store.put(state(2));
      expect(await store.put(state(revision, fields))).toEqual({ kind: 'conflict', current: state(2) });
    });

    it('refuses a state of a hostname that nobody claims', async () => {
      expect(await store.put(state(2))).toEqual({ kind: 'conflict', current: undefined });
    });

    it('releases for the owner only, and takes the hostname out of the list', async () => {
      const { secondHost } = scene;
      const mine = async () =>
        (await store.list()).map((one) => one.host).filter((one) => [host, secondHost].includes(one));
      await store.claim(host, ALICE, 5);
      await store.claim(secondHost, BOB, 5);
      await store.release(host, BOB);
      expect(await mine()).toEqual([secondHost, host]);
      await store.release(host, ALICE);
      expect(await mine()).toEqual([secondHost]);
    });

    it('gives a hostname to one of many who claim it at once', async () => {
      const owners = Array.from({ length: 8 }, (_value, index) => ({ namespace: 'default', name: `owner-${index}` }));
      const outcomes = await Promise.all(
        owners.map((owner, index) => (index % 2 === 0 ? store : scene.other).claim(host, owner, 5)),
      );
      const current = await store.get(host);
      expect(outcomes.filter(({ kind }) => kind === 'claimed')).toHaveLength(1);
      expect(outcomes.filter(({ kind }) => kind === 'taken')).toEqual(
        Array.from({ length: 7 }, () => ({ kind: 'taken', by: current?.owner })),
      );
    });

    it('loses no revision when several put at once', async () => {
      await store.claim(host, ALICE, 5);
      const raise = async (one: GlobalIngressStore, cluster: string): Promise<readonly number[]> => {
        const written: number[] = [];
        while (written.length < 5) {
          const revision = ((await one.get(host))?.revision ?? 0) + 1;
          const targets = [{ cluster, share: 10_000, addresses: ['127.0.0.11'], hostnames: [] }];
          if ((await one.put(state(revision, { targets }))).kind === 'written') written.push(revision);
        }
        return written;
      };
      const written = await Promise.all([raise(store, 'a'), raise(scene.other, 'b'), raise(store, 'c')]);
      const revisions = written.flat().sort((left, right) => left - right);
      expect(revisions).toEqual(Array.from({ length: 15 }, (_value, index) => index + 2));
      expect(await store.get(host)).toMatchObject({ revision: 16 });
    });

    describe('watched', () => {
      const follow = (known: readonly GlobalIngress[] = []) => {
        const onChange = vi.fn<(all: readonly GlobalIngress[]) => void>();
        const onError = vi.fn<(error: Error) => void>();
        const stop = store.watch(onChange, onError, known);
        const mine = () => onChange.mock.lastCall?.[0].filter((one) => [host, scene.secondHost].includes(one.host));
        const becomes = (...wanted: readonly GlobalIngress[]) => vi.waitFor(() => expect(mine()).toEqual(wanted), SOON);
        /** About hostnames of this test: others may have left something that cannot be read. */
        const errors = () => {
          const messages = onError.mock.calls.map(([error]) => error.message);
          return messages.filter((message) => message.includes(host));
        };
        return { errors, stop, becomes };
      };

      it('tells everything at once, then each change of this and other openers', async () => {
        const { errors, stop, becomes } = follow();
        await becomes();
        await scene.other.claim(host, ALICE, 5);
        await becomes(state(1, { targets: [] }));
        const before = performance.now();
        await scene.other.put(state(2));
        await becomes(state(2));
        expect(performance.now() - before).toBeLessThan(4_000);
        await scene.other.release(host, ALICE);
        await becomes();
        stop();
        expect(errors()).toEqual([]);
      });

      it('keeps what it knows of a hostname that is lost, and says so; a release is heard of', async () => {
        await store.claim(host, ALICE, 5);
        await store.put(state(2));
        const { errors, stop, becomes } = follow();
        await becomes(state(2));
        await scene.lose();
        const second = emptyGlobalIngress({ host: scene.secondHost, owner: BOB, revision: 1, ttlSeconds: 5 });
        await store.claim(scene.secondHost, BOB, 5);
        await becomes(second, state(2));
        await vi.waitFor(() => expect(errors()).not.toEqual([]), SOON);
        expect(errors().at(-1)).toMatch(/was not released; what was read before is kept$/);
        await store.claim(host, BOB, 5);
        await store.release(host, BOB);
        await becomes(second);
        stop();
      });

      it('takes what was served before for the truth until it hears otherwise: a store that was emptied is none', async () => {
        const { errors, stop, becomes } = follow([state(5)]);
        await becomes(state(5));
        await vi.waitFor(() => expect(errors()).not.toEqual([]), SOON);
        stop();
      });

      it('hears of what was released while nobody watched', async () => {
        await store.claim(host, ALICE, 5);
        await store.put(state(5));
        await store.release(host, ALICE);
        const { errors, stop, becomes } = follow([state(5)]);
        await becomes();
        stop();
        expect(errors()).toEqual([]);
      });
    });
  });
}
