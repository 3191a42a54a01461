import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafRefs } from '../../../src/plan/leaves.ts';
import { type PlanInput, plan } from '../../../src/plan/plan.ts';
import { policyOf } from '../../../src/plan/policy.ts';
import { ALL, allocationOf } from '../../../src/plan/shares.ts';
import { type Simulation, simulate } from '../../../src/plan/simulate.ts';
import {
  FAULT_KINDS,
  type Fault,
  parseFault,
  parseRecovery,
  type Recovery,
} from '../../../src/plan/simulate-scenario.ts';
import { ROLLOUT_DEFAULTS } from '../../../src/spec/rollout-parse.ts';
import type { Step } from '../../../src/spec/rollout-types.ts';
import type { FederatedIngress } from '../../../src/spec/types.ts';
import { allocations, CLUSTERS } from './arbitraries.ts';
import { aBackend, aPlanInput, aSpec, HTTP_ROUTE } from './builders.ts';

const VERIFY: Step = {
  kind: 'verify',
  verification: { path: '/', statuses: [{ from: 200, to: 399 }], count: 10, maxFailures: 0, timeoutSeconds: 2 },
};
/** Steps of the plan: 1 apply, 2 ready, 3 shift 20, 4 pause, 5 verify, 6 shift 100. */
const STEPS: readonly Step[] = [{ kind: 'setWeight', weight: 20 }, { kind: 'pause', durationSeconds: 600 }, VERIFY];
const EAST = aBackend({ name: 'v1', cluster: 'east' });
const BACKENDS = [
  aBackend({ name: 'v1', cluster: 'east', weight: 50 }),
  aBackend({ name: 'v2', cluster: 'west', weight: 30 }),
  aBackend({ name: 'v3', cluster: 'north', weight: 20 }),
];

function aRollout(rollout: Partial<FederatedIngress['rollout']> = {}, spec: Partial<FederatedIngress> = {}): PlanInput {
  const dns = { ttlSeconds: 30, rolloutTtlSeconds: 30, draw: 'stratified' } as const;
  const strategy = { kind: 'canary', steps: STEPS } as const;
  const policy = { ...ROLLOUT_DEFAULTS, ...rollout };
  return aPlanInput(aSpec({ backends: BACKENDS, strategy, dns, rollout: policy, ...spec }), [EAST]);
}

interface Given {
  readonly start?: PlanInput;
  readonly fail?: readonly string[];
  readonly recover?: readonly string[];
}

function simulated({ start = aRollout(), fail = [], recover = [] }: Given): Simulation {
  const faults = fail.map((text) => parseFault(text)).filter((fault): fault is Fault => fault !== undefined);
  const recoveries = recover.map((text) => parseRecovery(text)).filter((one): one is Recovery => one !== undefined);
  expect([faults.length, recoveries.length]).toEqual([fail.length, recover.length]);
  return simulate({ start, live: start.inForce, scenario: { faults, recoveries } });
}

/** `600 leftOut west`: when, what, and the words that it begins with. */
function decisions({ timeline }: Simulation): readonly string[] {
  return timeline.flatMap(({ atSeconds, kind, text }) => {
    return kind === 'step' || kind === 'wait' || kind === 'end' ? [] : [`${atSeconds} ${kind} ${text.split(' ')[0]}`];
  });
}

const goOn = { unreachable: { kind: 'goOn', afterSeconds: 60 } } as const;

describe('simulate', () => {
  it('takes as long as the plan takes at least when nothing fails, step by step', () => {
    const start = aRollout();
    const simulation = simulated({ start });
    const planned = plan(start);
    expect(simulation.end).toMatchObject({ kind: 'completed', atSeconds: planned.earliestSeconds });
    expect(simulation.timeline.map(({ step }) => step)).toEqual([
      ...planned.steps.map((_, index) => index + 1),
      undefined,
    ]);
    expect(simulation.timeline.at(-1)?.shares).toEqual({ east: 5_000, north: 2_000, west: 3_000 });
  });

  it.each<
    Given & {
      readonly name: string;
      readonly end: Simulation['end']['kind'];
      readonly at: number;
      readonly says: readonly string[];
    }
  >([
    {
      name: 'goes back when a cluster is not ready in time',
      fail: ['cluster=west@step2'],
      end: 'rolledBack',
      at: 120,
      says: ['0 fault west', '120 rollingBack traffic'],
    },
    {
      name: 'waits for a cluster that is ready in time',
      fail: ['cluster=west@step2'],
      recover: ['cluster=west@1m'],
      end: 'completed',
      at: 60 + 660,
      says: ['0 fault west', '60 recovery west'],
    },
    {
      name: 'goes back when a cluster that has grown is not ready any more, with the caches',
      fail: ['cluster=west@step4'],
      end: 'rolledBack',
      at: 30 + 30,
      says: ['30 fault west', '30 rollingBack traffic'],
    },
    {
      name: 'goes on when a cluster is not ready that this rollout takes traffic from',
      fail: ['cluster=east@step4'],
      end: 'completed',
      at: 660,
      says: ['30 fault east'],
    },
    {
      name: 'holds where the policy says so',
      start: aRollout({ onFailure: 'hold' }),
      fail: ['cluster=west@5m'],
      end: 'held',
      at: 300,
      says: ['300 fault west', '300 held everything'],
    },
    {
      name: 'holds where there is no way back to what is broken',
      start: aRollout({ incumbentBroken: { reason: 'v1 is broken' } }),
      fail: ['cluster=west@step5:verify'],
      end: 'held',
      at: 630,
      says: ['630 fault west', '630 held everything'],
    },
    {
      name: 'leaves out as many clusters as may fail',
      start: aRollout({ maxFailedClusters: 1 }),
      fail: ['cluster=west@step5:verify'],
      end: 'completed',
      at: 630 + 30 + 30,
      says: ['630 fault west', '630 leftOut west'],
    },
    {
      name: 'goes back when one more fails',
      start: aRollout({ maxFailedClusters: 1 }),
      fail: ['cluster=west@step5:verify', 'cluster=north@step5:verify'],
      end: 'rolledBack',
      at: 660,
      says: ['630 fault west', '630 fault north', '630 rollingBack traffic'],
    },
    {
      name: 'goes back when a cluster does not answer for as long as a step may take',
      fail: ['cluster=west@step1:unreachable'],
      end: 'rolledBack',
      at: 600,
      says: ['0 fault west', '600 rollingBack traffic'],
    },
    {
      name: 'goes on without a cluster that does not answer',
      start: aRollout(goOn),
      fail: ['cluster=west@step1:unreachable'],
      end: 'completed',
      at: 60 + 660,
      says: ['0 fault west', '60 wentOnWithout west'],
    },
    {
      name: 'brings it to the step that the others are at, and counts what has soaked',
      start: aRollout(goOn),
      fail: ['cluster=west@step1:unreachable'],
      recover: ['cluster=west@5m'],
      end: 'completed',
      at: 60 + 660,
      says: ['0 fault west', '60 wentOnWithout west', '300 recovery west', '300 broughtBack west'],
    },
    {
      name: 'needs no answer from a cluster whose leaves are written and seen',
      fail: ['cluster=west@step3:unreachable'],
      end: 'completed',
      at: 660,
      says: ['30 fault west'].map((text) => text.replace('30', '0')),
    },
  ])('$name', ({ end, at, says, ...given }) => {
    const simulation = simulated(given);
    expect(decisions(simulation)).toEqual(says);
    expect(simulation.end).toMatchObject({ kind: end, atSeconds: at });
  });

  it('gives a cluster that failed what it had, and the others the rest', () => {
    const start = aRollout({ maxFailedClusters: 1 });
    const { timeline, end } = simulated({ start, fail: ['cluster=west@step4'] });
    const after = timeline.slice(timeline.findIndex(({ kind }) => kind === 'leftOut') + 1);
    expect(after.filter(({ text }) => text.startsWith('shift')).map(({ shares }) => shares)).toEqual([
      { east: 9_429, north: 571 },
      { east: 7_143, north: 2_857 },
    ]);
    expect(end.message).toBe('completed after 11m; left at what they had: west');
  });

  it('takes a cluster in again that was away when it began, and one that comes back after the end', () => {
    const start = { ...aRollout(goOn), withheld: ['west'], unreachable: ['west'], gone: ['west'] };
    const during = simulated({ start, recover: ['cluster=west@step4'] });
    expect(during.timeline.at(-1)?.shares).toEqual({ east: 5_000, north: 2_000, west: 3_000 });
    const afterwards = simulated({ start, recover: ['cluster=west@1h'] });
    expect(afterwards.timeline.filter(({ kind }) => kind === 'end').map(({ shares }) => shares)).toEqual([
      { east: 7_143, north: 2_857, west: 0 },
      { east: 5_000, north: 2_000, west: 3_000 },
    ]);
    expect(afterwards.end.atSeconds).toBe(3_600 + 30);
  });

  it('leaves a drained cluster drained', () => {
    const { timeline } = simulated({ start: { ...aRollout(), withheld: ['west'] } });
    expect(timeline.at(-1)?.shares).toEqual({ east: 7_143, north: 2_857, west: 0 });
  });

  it('leaves out what a rollout brings to a cluster, and what was there before takes its traffic back', () => {
    const old = ['east', 'west'].map((cluster) => aBackend({ name: `${cluster}-1`, cluster }));
    const backends = ['east', 'west'].map((cluster) => aBackend({ name: `${cluster}-2`, cluster, service: 'shop-v2' }));
    const { spec } = aRollout({ maxFailedClusters: 1 }, { leaf: HTTP_ROUTE, backends });
    const { end, timeline } = simulated({ start: aPlanInput(spec, old), fail: ['cluster=west@step4'] });
    expect(end).toMatchObject({ kind: 'completed', message: 'completed after 11m; left at what they had: west' });
    expect(timeline.findLast(({ text }) => text.startsWith('shift'))?.text).toContain('west-1 50 %');
  });

  it('goes back around a drained cluster', () => {
    const before = aPlanInput(aSpec(), [EAST, aBackend({ name: 'v2', cluster: 'west' })]);
    const start = { ...before, spec: aRollout().spec, withheld: ['west'] };
    const { end, timeline } = simulated({ start, fail: ['cluster=north@step4'] });
    expect(end.kind).toBe('rolledBack');
    expect(timeline.at(-1)?.shares).toEqual({ east: 10_000, north: 0, west: 0 });
  });

  it('waits for the last cluster that has not failed, whatever is said of those that do not answer', () => {
    const { end, timeline } = simulated({
      start: aRollout({ ...goOn, maxFailedClusters: 2 }),
      fail: ['cluster=west@step5:verify', 'cluster=north@step5:verify', 'cluster=east@step5:unreachable'],
    });
    expect(timeline.map(({ kind }) => kind)).not.toContain('wentOnWithout');
    expect(end).toMatchObject({ kind: 'rolledBack' });
  });

  it('cannot shift inside a cluster that does not answer, and says so', () => {
    const leaf = HTTP_ROUTE;
    const backends = [aBackend({ name: 'v2', cluster: 'east', service: 'shop-v2' })];
    const { timeline, end } = simulated({
      start: aRollout({}, { leaf, backends }),
      fail: ['cluster=east@step3:unreachable'],
    });
    expect(timeline.find(({ kind }) => kind === 'wait')).toMatchObject({
      step: 3,
      text: 'east does not answer: leaves there cannot be written',
    });
    expect(end).toMatchObject({ kind: 'rolledBack', atSeconds: 600 });
  });

  it('leaves behind what cannot be removed, in a cluster that was given up', () => {
    const backends = [aBackend({ name: 'v2', cluster: 'west' })];
    const start = aRollout({}, { backends, orphanAfterSeconds: 1_800 });
    const removal = plan(start).steps.findIndex(({ kind }) => kind === 'removeLeaves');
    const simulation = simulated({ start, fail: [`cluster=east@step${removal + 1}:unreachable`] });
    expect(decisions(simulation)).toEqual(['660 fault east', '2460 leftBehind leaves']);
    expect(simulation.end.kind).toBe('completed');
  });

  it('fails where nothing has completed to go back to', () => {
    const start = aPlanInput(aSpec(), []);
    const scenario = { faults: [parseFault('cluster=east@step2')].flatMap((fault) => fault ?? []), recoveries: [] };
    expect(simulate({ start, scenario }).end).toMatchObject({ kind: 'failed', atSeconds: 120 });
  });

  it('says what of a scenario made no difference', () => {
    const { unfelt } = simulated({
      fail: ['cluster=east@step4', 'cluster=west@step6:verify', 'cluster=west@2h'],
      recover: ['cluster=north@step3'],
    });
    expect(unfelt).toEqual([
      'cluster=west@2h:unready: did not happen, the rollout ended before',
      'cluster=east@step4:unready: made no difference, nothing depended on it',
      'cluster=west@step6:verify: made no difference, nothing depended on it',
    ]);
  });

  it('comes to an end whatever happens, on a clock that goes one way, with all traffic somewhere', () => {
    const moment = fc.oneof(
      fc.integer({ min: 1, max: 8 }).map((step) => ({ kind: 'step', step }) as const),
      fc.integer({ min: 0, max: 2_000 }).map((seconds) => ({ kind: 'time', seconds }) as const),
    );
    const cluster = fc.constantFrom(...CLUSTERS);
    const scenario = fc.record({
      faults: fc.array(fc.record({ cluster, at: moment, what: fc.constantFrom(...FAULT_KINDS) }), { maxLength: 4 }),
      recoveries: fc.array(fc.record({ cluster, at: moment }), { maxLength: 3 }),
    });
    const policy = fc.record({
      maxFailedClusters: fc.integer({ min: 0, max: 3 }),
      onFailure: fc.constantFrom('rollback', 'hold'),
      unreachable: fc.constantFrom({ kind: 'wait' } as const, goOn.unreachable),
    });
    const leaf = fc.constantFrom<FederatedIngress['leaf']>({ kind: 'Ingress' }, HTTP_ROUTE);
    fc.assert(
      fc.property(
        fc.tuple(allocations, allocations),
        scenario,
        policy,
        leaf,
        ([live, desired], given, rollout, kind) => {
          const spec = { ...aRollout(rollout, { backends: desired.backends, leaf: kind }).spec };
          const start = {
            spec,
            inForce: allocationOf(live.backends),
            policyInForce: policyOf(spec),
            ttlInForceSeconds: 30,
            existingLeaves: leafRefs(spec, live.backends),
          };
          const { timeline } = simulate({ start, live: start.inForce, scenario: given });
          const times = timeline.map(({ atSeconds }) => atSeconds);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          for (const { shares } of timeline) expect(Object.values(shares).reduce((a, b) => a + b, 0)).toBe(ALL);
          expect(timeline.length).toBeLessThan(200);
        },
      ),
      { numRuns: 300 },
    );
  });
});
