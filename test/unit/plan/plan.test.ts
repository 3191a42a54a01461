import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendId } from '../../../src/plan/backend-id.ts';
import { plan } from '../../../src/plan/plan.ts';
import { allocationOf } from '../../../src/plan/shares.ts';
import type { Plan } from '../../../src/plan/types.ts';
import type { Hold, Step, Strategy } from '../../../src/spec/rollout-types.ts';
import type { DnsSettings, FederatedIngress } from '../../../src/spec/types.ts';
import { aBackend, aLeaf, aPlanInput, aSpec, HTTP_ROUTE, v1, v1Id, v2, v2Id } from './builders.ts';

const deadlines = { readyTimeoutSeconds: 120, progressDeadlineSeconds: 600 };
const eastLeaf = aLeaf('Ingress', v1);
const westLeaf = aLeaf('Ingress', v2);

const aDns = (ttlSeconds: number, changes: Partial<DnsSettings> = {}): DnsSettings => ({
  ttlSeconds,
  rolloutTtlSeconds: Math.min(30, ttlSeconds),
  draw: 'stratified',
  ...changes,
});

function planned(strategy: Strategy, ttlSeconds = 30): Plan {
  return plan(aPlanInput(aSpec({ backends: [v2], strategy, dns: aDns(ttlSeconds), deadlines }), [v1]));
}

function canary(...steps: Step[]): Strategy {
  return { kind: 'canary', steps };
}

function blueGreen(hold: Hold, keepOldSeconds = 0): Strategy {
  return { kind: 'blueGreen', hold, keepOldSeconds };
}

const kinds = ({ steps }: Plan) => steps.map(({ kind }) => kind);
const weights = ({ steps }: Plan) => steps.flatMap((step) => (step.kind === 'setWeight' ? [step.weight] : []));
const ttls = ({ steps }: Plan) => steps.flatMap((step) => (step.kind === 'setWeight' ? [step.ttlSeconds] : []));

describe('a canary', () => {
  it('makes leaves, waits for them, walks the steps, goes to the end and then removes', () => {
    const steps = planned(canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause', durationSeconds: 10 })).steps;
    expect(steps).toEqual([
      { kind: 'applyLeaves', leaves: [westLeaf] },
      { kind: 'awaitReady', backends: [v2Id], timeoutSeconds: 120 },
      { kind: 'setWeight', weight: 10, shares: { [v1Id]: 9_000, [v2Id]: 1_000 }, ttlSeconds: 30, strategyStep: 0 },
      { kind: 'pause', durationSeconds: 10, strategyStep: 1 },
      { kind: 'setWeight', weight: 100, shares: { [v2Id]: 10_000 }, ttlSeconds: 30 },
      { kind: 'removeLeaves', leaves: [eastLeaf] },
    ]);
  });

  it('goes to 100 only once', () => {
    expect(weights(planned(canary({ kind: 'setWeight', weight: 50 }, { kind: 'setWeight', weight: 100 })))).toEqual([
      50, 100,
    ]);
    const soaked = planned(canary({ kind: 'setWeight', weight: 100 }, { kind: 'pause', durationSeconds: 60 }));
    expect(kinds(soaked)).toEqual(['applyLeaves', 'awaitReady', 'setWeight', 'pause', 'removeLeaves']);
  });

  it('may pause before its first weight', () => {
    expect(kinds(planned(canary({ kind: 'pause' }))).slice(2)).toEqual(['pause', 'setWeight', 'removeLeaves']);
  });

  it('ends at the earliest after its pauses and TTLs, at the latest after all deadlines too', () => {
    const { earliestSeconds, latestSeconds } = planned(
      canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause', durationSeconds: 10 }),
    );
    expect(earliestSeconds).toBe(30 + 10 + 30);
    expect(latestSeconds).toBe(30 + 10 + 30 + 120 + 4 * 600);
  });

  it('has no latest end when it waits for a person', () => {
    expect(planned(canary({ kind: 'pause' })).latestSeconds).toBeNull();
  });

  it('from any list of steps ends at 100 % of what is desired, each shift summing to 10,000', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('setWeight' as const), weight: fc.integer({ min: 1, max: 100 }) }),
      fc.record({ kind: fc.constant('pause' as const), durationSeconds: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => {
        const result = planned(canary(...steps));
        const shifts = result.steps.flatMap((each) => (each.kind === 'setWeight' ? [each] : []));
        expect(shifts.at(-1)?.shares).toEqual(result.to.shares);
        for (const { shares } of shifts) expect(Object.values(shares).reduce((a, b) => a + b)).toBe(10_000);
      }),
    );
  });
});

describe('blue/green', () => {
  it.each<[string, Hold, string[]]>([
    ['at once', { kind: 'none' }, ['setWeight']],
    ['after a time', { kind: 'timed', durationSeconds: 60 }, ['pause', 'setWeight']],
    ['when promoted', { kind: 'untilPromoted' }, ['pause', 'setWeight']],
  ])('flips %s', (_when, hold, expected) => {
    const result = planned(blueGreen(hold));
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', ...expected, 'removeLeaves']);
    expect(weights(result)).toEqual([100]);
  });

  it('keeps the old side for a while before it is removed', () => {
    expect(planned(blueGreen({ kind: 'none' }, 300)).steps.slice(-2)).toEqual([
      { kind: 'pause', durationSeconds: 300, strategyStep: 3 },
      { kind: 'removeLeaves', leaves: [eastLeaf] },
    ]);
  });

  it('keeps nothing when the old side stays listed', () => {
    const spec = aSpec({ backends: [{ ...v1, weight: 0 }, v2], strategy: blueGreen({ kind: 'none' }, 300) });
    expect(kinds(plan(aPlanInput(spec, [v1])))).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
  });
});

describe('failover', () => {
  it('says who is preferred in place of shares', () => {
    const routing = { kind: 'failover', clusters: ['west', 'east'] } as const;
    const result = plan(aPlanInput(aSpec({ backends: [v1, v2], routing }), [v1]));
    expect(result.steps[2]).toMatchObject({ kind: 'setWeight', failover: ['west', 'east'] });
    expect(result.changes).toEqual(['routing: weighted -> failover (west first, then east)']);
  });
});

describe('a first apply', () => {
  it('says what is not as by default', () => {
    expect(plan(aPlanInput(aSpec(), [])).changes).toEqual([]);
    const dns = aDns(5, { draw: 'sticky' });
    const spec = aSpec({ dns, routing: { kind: 'failover', clusters: ['east'] }, tls: { secretName: 'shop-tls' } });
    expect(plan(aPlanInput(spec, [])).changes).toEqual(['routing: failover (east first)', 'draw: sticky', 'tls: on']);
  });

  it.each<Strategy>([
    { kind: 'direct' },
    canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause' }),
    blueGreen({ kind: 'untilPromoted' }, 60),
  ])('publishes what is wanted as soon as it is ready, whatever the strategy: $kind', (strategy) => {
    const result = plan(aPlanInput(aSpec({ strategy }), []));
    expect(result.steps).toEqual([
      { kind: 'applyLeaves', leaves: [eastLeaf] },
      { kind: 'awaitReady', backends: [v1Id], timeoutSeconds: 120 },
      { kind: 'setWeight', weight: 100, shares: { [v1Id]: 10_000 }, ttlSeconds: 0 },
    ]);
    expect(result.leaves).toEqual({ create: [eastLeaf], update: [], remove: [] });
    expect(result.earliestSeconds).toBe(0);
  });

  it('removes leaves that an apply before it has left behind', () => {
    const result = plan({ ...aPlanInput(aSpec(), []), existingLeaves: [eastLeaf, westLeaf] });
    expect(result.leaves).toEqual({ create: [], update: [eastLeaf], remove: [westLeaf] });
    expect(result.steps.at(-1)).toEqual({ kind: 'removeLeaves', leaves: [westLeaf] });
  });
});

describe('a change that moves no traffic', () => {
  it('publishes once and does not walk the steps', () => {
    const strategy = canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause' });
    const spec = aSpec({ strategy, dns: aDns(60) });
    const result = plan(aPlanInput(spec, [v1]));
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
    expect(ttls(result)).toEqual([60]);
    expect(result.leaves).toEqual({ create: [], update: [eastLeaf], remove: [] });
  });

  const steps = { strategy: canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause' }) };
  const { health } = aSpec();

  it.each<[string, Partial<FederatedIngress>]>([
    [
      'routing: weighted -> geo (eu: east)',
      { routing: { kind: 'geo', regions: [{ name: 'eu', clusters: ['east'] }] } },
    ],
    ['routing: weighted -> failover (east first)', { routing: { kind: 'failover', clusters: ['east'] } }],
    ['draw: stratified -> sticky', { dns: aDns(30, { draw: 'sticky' }) }],
    ['ttl: 30s -> 10s', { dns: aDns(10) }],
    ['probe: http /, status 200-399 -> tcp, port 443', { health: { ...health, probe: { kind: 'tcp', port: 443 } } }],
    [
      'health: every 5s within 2s, down after 3, up after 1, fail open above 50 % -> ' +
        'every 5s within 2s, down after 1, up after 1, fail open above 50 %',
      { health: { ...health, unhealthyThreshold: 1 } },
    ],
    ['tls: off -> on', { tls: { secretName: 'shop-tls', from: 'cluster' } }],
  ])('is one shift in place, which says %s', (change, spec) => {
    const result = plan(aPlanInput(aSpec({ ...steps, ...spec }), [v1]));
    expect(result.changes).toEqual([change]);
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
    expect(result.leaves).toEqual({ create: [], update: [eastLeaf], remove: [] });
  });

  it('removes a backend that had no traffic only after it was published without it', () => {
    const result = plan(aPlanInput(aSpec(), [v1, { ...v2, weight: 0 }]));
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight', 'removeLeaves']);
  });
});

describe('a leaf kind that splits', () => {
  const next = aBackend({ name: 'v2', service: 'shop-v2' });
  const nextId = backendId(next);
  const leaf = aLeaf('HTTPRoute', v1);
  const strategy = canary({ kind: 'setWeight', weight: 10 });

  it('goes over from one backend of a cluster to another step by step, and takes the old one out at the end', () => {
    const spec = aSpec({ leaf: HTTP_ROUTE, backends: [next], strategy });
    const { steps, leaves } = plan(aPlanInput(spec, [v1]));
    expect(leaves).toEqual({ create: [], update: [leaf], remove: [] });
    expect(steps).toEqual([
      { kind: 'applyLeaves', leaves: [leaf] },
      { kind: 'awaitReady', backends: [nextId], timeoutSeconds: 120 },
      { kind: 'setWeight', weight: 10, shares: { [v1Id]: 9_000, [nextId]: 1_000 }, ttlSeconds: 30, strategyStep: 0 },
      { kind: 'setWeight', weight: 100, shares: { [nextId]: 10_000 }, ttlSeconds: 30 },
      { kind: 'removeLeaves', leaves: [], leaving: [{ backend: v1Id, leaf }] },
    ]);
  });

  it('keeps the old backend for a while in blue/green', () => {
    const spec = aSpec({ leaf: HTTP_ROUTE, backends: [next], strategy: blueGreen({ kind: 'none' }, 300) });
    expect(kinds(plan(aPlanInput(spec, [v1])))).toEqual([
      'applyLeaves',
      'awaitReady',
      'setWeight',
      'pause',
      'removeLeaves',
    ]);
  });

  it('removes the leaf of a cluster that is left', () => {
    const spec = aSpec({ leaf: HTTP_ROUTE, backends: [v2] });
    expect(plan(aPlanInput(spec, [v1])).steps.at(-1)).toEqual({ kind: 'removeLeaves', leaves: [leaf] });
  });

  it('makes preview Routes for the time in which two backends share a Route', () => {
    const spec = aSpec({ leaf: { kind: 'Route' }, backends: [next] });
    const { leaves, steps } = plan(aPlanInput(spec, [v1]));
    const previews = ['shop-v2', 'shop-v1'].map((name) => aLeaf('Route', v1, name));
    expect(leaves.create).toEqual(previews);
    expect(leaves.update).toEqual(['shop', 'shop-cluster'].map((name) => aLeaf('Route', v1, name)));
    expect(leaves.remove).toEqual(previews);
    expect(steps.at(-1)).toEqual({
      kind: 'removeLeaves',
      leaves: previews,
      leaving: [{ backend: v1Id, leaf: aLeaf('Route', v1) }],
    });
  });
});

describe('how leaves are made', () => {
  const from = aSpec();

  it.each<[string, Partial<FederatedIngress>]>([
    ['class: default -> contour', { leaf: { kind: 'Ingress', className: 'contour' } }],
    ['drift: takeBack -> hold', { drift: 'hold' }],
    ['orphaned after: 30m -> 1h', { orphanAfterSeconds: 3_600 }],
    ['certificate: none -> shop-tls', { tls: { secretName: 'shop-tls' } }],
    ['certificate: none -> shop-tls from the hub', { tls: { secretName: 'shop-tls', from: 'hub' } }],
    ['certificate: none -> shop-tls of each cluster', { tls: { secretName: 'shop-tls', from: 'cluster' } }],
  ])('is told when it changes: %s', (change, spec) => {
    const input = aPlanInput(aSpec(spec), [v1]);
    expect(plan({ ...input, leavesInForce: from }).leafChanges).toEqual([change]);
    expect(plan(input).leafChanges).toBeUndefined();
  });

  it('is told with its kind, and the old leaf is removed after the new one serves', () => {
    const result = plan({
      ...aPlanInput(aSpec({ leaf: HTTP_ROUTE }), []),
      inForce: allocationOf([v1]),
      existingLeaves: [eastLeaf],
      leavesInForce: from,
    });
    expect(result.leafChanges).toEqual([
      'kind: Ingress -> HTTPRoute',
      'class: default -> none',
      'gateway: none -> public',
    ]);
    expect(result.leaves).toEqual({ create: [aLeaf('HTTPRoute', v1)], update: [], remove: [eastLeaf] });
    expect(kinds(result)).toEqual(['applyLeaves', 'awaitReady', 'setWeight', 'removeLeaves']);
  });

  it('is told at first where it is not as by default', () => {
    const leaf = {
      kind: 'HTTPRoute',
      gateway: { kind: 'existing', name: 'public', namespace: 'gateways', sectionName: 'http' },
    } as const;
    expect(plan(aPlanInput(aSpec({ leaf, drift: 'accept' }), [])).leafChanges).toEqual([
      'gateway: public in namespace gateways, listener http',
      'drift: accept',
    ]);
    expect(plan(aPlanInput(aSpec(), [])).leafChanges).toBeUndefined();
  });

  it('makes nothing for a Service that serves as it is', () => {
    const { leaves, steps } = plan(aPlanInput(aSpec({ leaf: { kind: 'Service' } }), []));
    expect(leaves).toEqual({ create: [], update: [], remove: [], use: [aLeaf('Service', v1)] });
    expect(steps[0]).toEqual({ kind: 'applyLeaves', leaves: [] });
  });
});

describe('a new spec in mid-rollout', () => {
  it('starts from the shares that are in force', () => {
    const north = aBackend({ name: 'v3', cluster: 'north', service: 'shop-v3' });
    const spec = aSpec({ backends: [north], strategy: canary({ kind: 'setWeight', weight: 50 }) });
    const inForce = { backends: [v1, v2], shares: { [v1Id]: 9_000, [v2Id]: 1_000 } };
    const { steps, leaves } = plan({ ...aPlanInput(spec, [v1, v2]), inForce });
    expect(steps[2]).toMatchObject({
      kind: 'setWeight',
      shares: { [v1Id]: 4_500, [v2Id]: 500, 'north/default/shop-v3:80': 5_000 },
    });
    expect(leaves.remove).toEqual([eastLeaf, westLeaf]);
  });
});

it('waits for every backend that is wanted, those without weight too', () => {
  const spec = aSpec({ backends: [{ ...v1, weight: 0 }, v2] });
  expect(plan(aPlanInput(spec, [])).steps[1]).toMatchObject({ backends: [v1Id, v2Id] });
});

it('is plain JSON', () => {
  const result = planned(canary({ kind: 'setWeight', weight: 10 }, { kind: 'pause' }));
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(result.to).toEqual(allocationOf([v2]));
});
