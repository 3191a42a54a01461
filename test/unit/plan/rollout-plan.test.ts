import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { backendNames, stepText } from '../../../src/plan/explain.ts';
import { type PlanInput, plan } from '../../../src/plan/plan.ts';
import { allocationOf, clusterShares, unionBackends } from '../../../src/plan/shares.ts';
import { shiftTtlSeconds } from '../../../src/plan/ttl.ts';
import type { Plan } from '../../../src/plan/types.ts';
import { ROLLOUT_DEFAULTS } from '../../../src/spec/rollout-parse.ts';
import type { Step, Strategy, Verification } from '../../../src/spec/rollout-types.ts';
import type { Backend, DnsSettings, FederatedIngress } from '../../../src/spec/types.ts';
import { CLUSTERS, percents, someClusters, total } from './arbitraries.ts';
import { aBackend, aLeaf, aPlanInput, aSpec, HTTP_ROUTE, v1, v1Id, v2, v2Id } from './builders.ts';

const verification: Verification = {
  path: '/healthz',
  statuses: [{ from: 200, to: 399 }],
  count: 20,
  maxFailures: 1,
  timeoutSeconds: 2,
};
const verify: Step = { kind: 'verify', verification };
const to = (weight: number, ...clusters: string[]): Step => {
  return clusters.length === 0 ? { kind: 'setWeight', weight } : { kind: 'setWeight', weight, clusters };
};
const canary = (...steps: Step[]): Strategy => ({ kind: 'canary', steps });
const aDns = (ttlSeconds: number, rolloutTtlSeconds: number): DnsSettings => {
  return { ttlSeconds, rolloutTtlSeconds, draw: 'stratified' };
};

const north = aBackend({ name: 'v3', cluster: 'north', service: 'shop-v3' });
const northId = backendId(north);

/** From v1 in east to what `changes` say; v2 in west unless they name backends. */
function planned(changes: Partial<FederatedIngress>, input: Partial<PlanInput> = {}, live: readonly Backend[] = [v1]) {
  return plan({ ...aPlanInput(aSpec({ backends: [v2], ...changes }), live), ...input });
}

const kinds = ({ steps }: Plan) => steps.map(({ kind }) => kind);
const shifts = ({ steps }: Plan) => steps.flatMap((step) => (step.kind === 'setWeight' ? [step] : []));
const lines = (result: Plan) => result.steps.map((step) => stepText(step, backendNames(result)));
const awaited = ({ steps }: Plan) => steps.flatMap((step) => (step.kind === 'awaitReady' ? step.backends : []));
const verified = ({ steps }: Plan) => steps.flatMap((step) => (step.kind === 'verify' ? [step.backends] : []));

describe('waves', () => {
  const old = CLUSTERS.map((cluster) => aBackend({ cluster, name: `old-${cluster}`, service: 'old' }));
  const next = CLUSTERS.map((cluster) => aBackend({ cluster, name: `next-${cluster}`, service: 'next' }));

  it.each([
    ['a step that moves all', to(50)],
    ['a wave of others', to(50, 'c0')],
  ])('take from a cluster that is gone all that it has with the first shift, be that %s', (_what, step) => {
    const gone = ['c1'];
    const strategy = canary(step, { kind: 'pause' });
    const input = { withheld: gone, unreachable: gone, gone };
    const result = planned({ leaf: HTTP_ROUTE, backends: next.slice(0, 2), strategy }, input, old.slice(0, 2));
    const [first] = shifts(result);
    const shareOf = (backend: Backend | undefined) => (backend && first?.shares[backendId(backend)]) ?? 0;
    expect([shareOf(old[0]), shareOf(next[0])]).toEqual([5_000, 5_000]);
    expect([shareOf(old[1]), shareOf(next[1])]).toEqual([0, 0]);
  });

  it('move the clusters that a step names, and all others with a step that names none', () => {
    const strategy = canary(to(50, 'c0'), { kind: 'pause' }, to(50), to(100, 'c1'));
    const result = planned({ leaf: HTTP_ROUTE, backends: next, strategy }, {}, old);
    const moved = (index: number, share: number) => ({ [backendId(next[index] ?? v1)]: share });
    expect(shifts(result).map(({ clusters, weight, strategyStep }) => [weight, clusters, strategyStep])).toEqual([
      [50, ['c0'], 0],
      [50, undefined, 2],
      [100, ['c1'], 3],
      [100, undefined, undefined],
    ]);
    expect(shifts(result)[0]?.shares).toMatchObject({ ...moved(0, 1_250), ...moved(1, 0) });
    expect(shifts(result)[1]?.shares).toMatchObject({ ...moved(0, 1_250), ...moved(3, 1_250) });
    expect(shifts(result)[2]?.shares).toMatchObject({ ...moved(1, 2_500), ...moved(3, 1_250) });
    expect(shifts(result)[3]?.shares).toEqual(result.to.shares);
  });

  it('go to the end by themselves also when the last weight is 100 of some', () => {
    expect(shifts(planned({ strategy: canary(to(100, 'west')) })).map(({ clusters }) => clusters)).toEqual([
      ['west'],
      undefined,
    ]);
  });

  it('sum to 10,000 at each step and end at what is wanted, whatever the list and whoever is left out', () => {
    const step = fc
      .tuple(percents, fc.option(someClusters))
      .map(([weight, clusters]) => to(Math.max(weight, 1), ...(clusters ?? [])));
    const lists = fc.array(step, { minLength: 1, maxLength: 6 });
    const picked = fc.subarray([...old, ...next], { minLength: 1 });
    fc.assert(
      fc.property(
        lists,
        picked,
        picked,
        fc.tuple(someClusters, someClusters),
        (steps, from, backends, [failed, withheld]) => {
          const spec = { leaf: HTTP_ROUTE, backends, strategy: canary(...steps) };
          const result = planned(spec, { failed, withheld, gone: withheld }, from);
          for (const { shares } of shifts(result)) expect(total(shares)).toBe(10_000);
          expect(shifts(result).at(-1)?.shares).toEqual(result.to.shares);
          const [before, after] = [clusterShares(result.from), clusterShares(result.to)];
          for (const cluster of failed) expect(after[cluster] ?? 0).toBe(before[cluster] ?? 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the TTL', () => {
  const ttls = (result: Plan) => {
    return result.steps.flatMap((step): readonly (string | number)[] => {
      if (step.kind === 'setTtl') return [`${step.ttlSeconds} then ${step.waitSeconds}`];
      return step.kind === 'setWeight' ? [step.ttlSeconds] : [];
    });
  };

  it.each<[string, DnsSettings, number, readonly (string | number)[]]>([
    ['is left alone when it is short already', aDns(30, 30), 30, [30, 30]],
    [
      'is lowered one old TTL before the first shift, and raised at the end',
      aDns(300, 30),
      300,
      ['30 then 300', 30, 30, '300 then 0'],
    ],
    ['is lowered for good', aDns(5, 5), 30, ['5 then 30', 5, 5]],
    ['is raised for good only at the end', aDns(300, 30), 30, [30, 30, '300 then 0']],
    ['is raised with the first shift as far as rollouts have it', aDns(300, 30), 5, [30, 30, '300 then 0']],
    ['is not played when rollouts have the same', aDns(300, 300), 300, [300, 300]],
  ])('%s', (_how, dns, ttlInForceSeconds, expected) => {
    expect(ttls(planned({ dns, strategy: canary(to(50)) }, { ttlInForceSeconds }))).toEqual(expected);
  });

  it('is lowered once all are ready, and raised after old leaves have gone', () => {
    const result = planned(
      { dns: aDns(300, 30), strategy: canary({ kind: 'pause' }, to(50)) },
      { ttlInForceSeconds: 300 },
    );
    expect(kinds(result)).toEqual([
      'applyLeaves',
      'awaitReady',
      'setTtl',
      'pause',
      'setWeight',
      'setWeight',
      'removeLeaves',
      'setTtl',
    ]);
    expect(lines(result)[2]).toBe('lower the TTL to 30s, then wait 5m');
    expect(lines(result).at(-1)).toBe('raise the TTL to 5m');
  });

  it('counts in the times', () => {
    const deadlines = { readyTimeoutSeconds: 120, progressDeadlineSeconds: 600 };
    const strategy = { kind: 'canary', steps: [{ kind: 'setWeight', weight: 100 }] } as const;
    const result = planned({ dns: aDns(300, 30), deadlines, strategy }, { ttlInForceSeconds: 300 });
    expect(result.earliestSeconds).toBe(300 + 30);
    // Apply, lower, shift, remove and raise have a deadline each.
    expect(result.latestSeconds).toBe(300 + 30 + 120 + 5 * 600);
  });

  it('is not lowered where that would hold up one shift to the end, or the way off a broken old side', () => {
    const ttl = { dns: aDns(300, 30) };
    const half = { kind: 'canary', steps: [{ kind: 'setWeight', weight: 50 }] } as const;
    const rollout = { ...ROLLOUT_DEFAULTS, incumbentBroken: { reason: 'v1 answers 503' } };
    for (const spec of [ttl, { ...ttl, strategy: half, rollout }]) {
      const { steps } = planned(spec, { ttlInForceSeconds: 300 });
      expect(steps.filter(({ kind }) => kind === 'setTtl')).toEqual([
        { kind: 'setTtl', ttlSeconds: 300, waitSeconds: 0 },
      ]);
    }
  });

  it('is published as it is wanted by a first apply, and by a change that moves no share', () => {
    const first = planned({ dns: aDns(300, 30) }, {}, []);
    expect(ttls(first)).toEqual([0]);
    const policy = planned({ backends: [v1], dns: aDns(300, 30) }, { ttlInForceSeconds: 60 });
    expect(ttls(policy)).toEqual([300]);
    expect([first, policy].map((each) => shiftTtlSeconds(each, aSpec({ dns: aDns(300, 30) })))).toEqual([300, 300]);
    expect(shiftTtlSeconds(planned({}), aSpec({ dns: aDns(300, 30) }))).toBe(30);
  });
});

describe('a verification', () => {
  it('asks the backends that are new or rise, and has the place of its step', () => {
    const backends = [
      { ...v1, weight: 20 },
      { ...v2, weight: 60 },
      { ...north, weight: 20 },
    ];
    const live = [
      { ...v1, weight: 50 },
      { ...v2, weight: 50 },
    ];
    const result = planned({ backends, strategy: canary(verify, to(50), verify) }, {}, live);
    expect(result.steps.slice(2, 5)).toEqual([
      { kind: 'verify', verification, backends: [v2Id, northId], strategyStep: 0 },
      expect.objectContaining({ kind: 'setWeight', strategyStep: 1 }),
      { kind: 'verify', verification, backends: [v2Id, northId], strategyStep: 2 },
    ]);
  });

  it('asks a new backend of weight 0 as well', () => {
    const backends = [
      { ...v1, weight: 10 },
      { ...v2, weight: 90 },
      { ...north, weight: 0 },
    ];
    expect(verified(planned({ backends, strategy: canary(verify) }))).toEqual([[v2Id, northId]]);
  });

  it('asks backends whose kind of leaf is new', () => {
    const live = [
      { ...v1, weight: 60 },
      { ...v2, weight: 40 },
    ];
    const backends = [
      { ...v1, weight: 50 },
      { ...v2, weight: 50 },
    ];
    const existingLeaves = [v1, v2].map((each) => aLeaf('Ingress', each));
    const result = planned({ leaf: HTTP_ROUTE, backends, strategy: canary(verify) }, { existingLeaves }, live);
    expect(verified(result)).toEqual([[v1Id, v2Id]]);
  });

  it('asks whoever takes over, and nobody where nothing is going to be', () => {
    const live = [v1, v2];
    const backends = [
      { ...v1, weight: 10 },
      { ...v2, weight: 20 },
      { ...north, weight: 30 },
    ];
    const strategy = canary(verify, to(50));
    expect(verified(planned({ backends, strategy }, { withheld: ['north'] }, live))).toEqual([[v2Id]]);
    expect(verified(planned({ backends, strategy }, { failed: ['north'] }, live))).toEqual([[v2Id]]);
    expect(verified(planned({ backends: [v1], strategy }, {}, live))).toEqual([[v1Id]]);
    expect(verified(planned({ backends: live, strategy }, { withheld: ['east'] }, live))).toEqual([[v2Id]]);
  });

  it('comes before the hold of blue/green; each part has a number of its own', () => {
    const strategy: Strategy = {
      kind: 'blueGreen',
      verify: verification,
      hold: { kind: 'untilPromoted' },
      keepOldSeconds: 60,
    };
    const result = planned({ strategy });
    const numbered = result.steps.flatMap((step) => {
      return 'strategyStep' in step ? [[step.kind, step.strategyStep]] : [];
    });
    expect(numbered).toEqual([
      ['verify', 0],
      ['pause', 1],
      ['setWeight', 2],
      ['pause', 3],
    ]);
  });

  it('takes as long as all requests of one backend at most', () => {
    const deadlines = { readyTimeoutSeconds: 120, progressDeadlineSeconds: 600 };
    const [without, with_] = [canary(to(50)), canary(verify, to(50))].map((strategy) =>
      planned({ strategy, deadlines }),
    );
    expect(with_?.earliestSeconds).toBe(without?.earliestSeconds);
    expect(with_?.latestSeconds).toBe((without?.latestSeconds ?? 0) + 20 * 2);
  });
});

describe('a cluster that gets nothing', () => {
  const live = [v1, v2];
  const backends = [v1, v2, north];

  it('is emptied by the strategy, in proportion, and keeps its leaf', () => {
    const spec = { backends: live, strategy: canary(to(50)) };
    const result = planned(spec, { withheld: ['east'] }, live);
    expect(shifts(result).map(({ shares }) => shares[v1Id])).toEqual([2_500, 0]);
    expect(result.leaves.update).toContainEqual(aLeaf('Ingress', v1));
    expect(kinds(result)).not.toContain('removeLeaves');
  });

  it('is not waited for: it may be drained because it is broken', () => {
    expect(awaited(planned({ backends }, { withheld: ['east'] }, live))).toEqual([v2Id, northId]);
  });

  it('serves on when there is no other', () => {
    expect(planned({ backends: [v1] }, { withheld: ['east'] }).to.shares).toEqual({ [v1Id]: 10_000 });
  });

  it('is not touched while it is away', () => {
    const result = planned(
      { backends: [v2, north] },
      { withheld: ['east', 'west'], unreachable: ['east', 'west'] },
      live,
    );
    expect(result.leaves).toEqual({ create: [aLeaf('Ingress', north)], update: [], remove: [] });
    expect(awaited(result)).toEqual([northId]);
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
    expect(result.to.shares).toEqual({ [v2Id]: 0, [northId]: 10_000 });
  });
});

describe('a cluster that failed', () => {
  const next = { ...v1, name: 'v1b', routes: v2.routes };

  it('keeps what it has, untouched, while the others go on', () => {
    const other = aBackend({ name: 'v2b', cluster: 'west', service: 'shop-next' });
    const spec = {
      leaf: HTTP_ROUTE,
      backends: [next, other],
      strategy: canary(to(50, 'east'), to(50), to(80, 'west')),
    };
    const result = planned(spec, { failed: ['east'] }, [v1, v2]);
    expect(result.to.shares).toEqual({ [v1Id]: 5_000, [backendId(other)]: 5_000 });
    expect(shifts(result).map(({ weight, clusters }) => [weight, clusters])).toEqual([
      [50, undefined],
      [80, ['west']],
      [100, undefined],
    ]);
    expect(shifts(result).every(({ shares }) => shares[v1Id] === 5_000)).toBe(true);
    expect(awaited(result)).toEqual([backendId(other)]);
    expect(result.leaves.update).toEqual([aLeaf('HTTPRoute', v2)]);
    expect(result.steps.at(-1)).toMatchObject({ leaving: [{ backend: v2Id }] });
  });

  it('does not take the leaf of the old side with it when it was the only one to follow', () => {
    const result = planned({}, { failed: ['west'] });
    expect(result.to.shares).toEqual({ [v1Id]: 10_000 });
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
    expect(result.leaves.remove).toEqual([]);
  });
});

describe('a broken incumbent', () => {
  const rollout = { ...ROLLOUT_DEFAULTS, incumbentBroken: { reason: 'v1 answers 500' } };
  const backends = [
    { ...v1, weight: 10 },
    { ...v2, weight: 90 },
  ];

  it('is not waited for where its share falls', () => {
    expect(awaited(planned({ backends }))).toEqual([v1Id, v2Id]);
    expect(awaited(planned({ backends, rollout }))).toEqual([v2Id]);
  });

  it('is waited for where its share stays or rises', () => {
    expect(
      awaited(
        planned({ backends, rollout }, {}, [
          { ...v1, weight: 5 },
          { ...v2, weight: 95 },
        ]),
      ),
    ).toEqual([v1Id]);
    expect(awaited(planned({ backends, rollout }, {}, backends))).toEqual([v1Id, v2Id]);
  });
});

it('is told in one line a step', () => {
  const backends = [
    { ...v2, weight: 50 },
    { ...north, weight: 50 },
  ];
  const one: Step = { kind: 'verify', verification: { ...verification, count: 1, maxFailures: 0 } };
  const result = planned({ backends, strategy: canary(verify, to(25, 'west'), to(50, 'west', 'north'), one) });
  expect(lines(result).slice(2, 6)).toEqual([
    'verify v2 and v3: 20 requests to each for /healthz, at most 1 failure',
    'shift west to 25 %: v1 87.5 %, v2 12.5 %, v3 0 %',
    'shift west and north to 50 %: v1 50 %, v2 25 %, v3 25 %',
    'verify v2 and v3: 1 request to each for /healthz, no failure',
  ]);
  expect(lines(planned({ strategy: canary(verify) }))[2]).toBe(
    'verify v2: 20 requests for /healthz, at most 1 failure',
  );
});

it('never gives a share to a backend that was not waited for and is not in force', () => {
  fc.assert(
    fc.property(someClusters, someClusters, (withheld, failed) => {
      const backends = CLUSTERS.map((cluster) => aBackend({ cluster, name: cluster, service: 'next' }));
      const live = CLUSTERS.slice(0, 2).map((cluster) => aBackend({ cluster, name: cluster }));
      const result = planned({ leaf: HTTP_ROUTE, backends }, { withheld, failed }, live);
      const known = new Set([...awaited(result), ...live.map(backendId)]);
      if (withheld.length === CLUSTERS.length) return;
      for (const backend of unionBackends(result.from, result.to)) {
        if ((result.to.shares[backendId(backend)] ?? 0) > 0) expect(known).toContain(backendId(backend));
      }
    }),
  );
});

it('is plain JSON with all of this in it', () => {
  const result = planned({ strategy: canary(verify, to(10, 'west')), dns: aDns(300, 30) }, { ttlInForceSeconds: 300 });
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(result.to).toEqual(allocationOf([v2]));
});
