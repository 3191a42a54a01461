import { describe, expect, it } from 'vitest';
import { admit } from '../../../src/spec/admission.ts';
import { parse } from '../../../src/spec/parse.ts';
import { ROLLOUT_DEFAULTS } from '../../../src/spec/rollout-parse.ts';
import type { Strategy } from '../../../src/spec/rollout-types.ts';
import type { FederatedIngress, SpecIssue } from '../../../src/spec/types.ts';
import { aBackend, aCanary, aDocument, aSelector } from './documents.ts';

const STEPS = 'spec.strategy.canary.steps';
const east = aBackend();
const west = aBackend({ name: 'v2', cluster: 'west' });
const NEVER_ENDS = 'weights must rise from step to step, or the rollout never ends';

function valid(document: unknown): FederatedIngress {
  const parsed = parse(document);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

function issuesOf(document: unknown): readonly SpecIssue[] {
  const parsed = parse(document);
  return parsed.kind === 'invalid' ? parsed.issues : [];
}

/** A canary over east and west. */
function overTwo(...steps: readonly object[]) {
  return aDocument({ backends: [east, west], strategy: { canary: { steps } } });
}

function stepsOf(strategy: Strategy): unknown {
  return strategy.kind === 'canary' ? strategy.steps : [];
}

describe('what a rollout does', () => {
  it('is by default to go back, to wait for clusters and to be superseded', () => {
    expect(valid(aDocument()).rollout).toEqual({
      onFailure: 'rollback',
      rollback: { kind: 'atOnce' },
      maxFailedClusters: 0,
      unreachable: { kind: 'wait' },
      onChange: 'supersede',
      rollbackWindowSeconds: 3_600,
      leaves: { otherwise: 'fail' },
      planes: { otherwise: 'fail' },
      measured: { tolerancePercent: 5, withinSeconds: 60, otherwise: 'fail' },
    });
    expect(valid(aDocument({ rollout: { start: {}, leaves: {}, planes: {}, measured: {} } })).rollout).toEqual(
      ROLLOUT_DEFAULTS,
    );
  });

  it('is what is written, with durations in seconds', () => {
    const rollout = {
      onFailure: 'hold',
      rollback: { byEndpoints: { within: '5m' } },
      maxFailedClusters: 2,
      unreachable: { goOn: { after: '10m' } },
      onChange: 'queue',
      start: { incumbentBroken: { reason: 'v1 answers 500 since 9:12' } },
      rollbackWindow: '0s',
      leaves: { within: '2m', otherwise: 'goOn' },
      planes: { within: '30s', otherwise: 'goOn' },
      measured: { tolerance: 10, within: '5m', otherwise: 'goOn' },
    };
    expect(valid(aDocument({ rollout })).rollout).toEqual({
      onFailure: 'hold',
      rollback: { kind: 'byEndpoints', withinSeconds: 300 },
      maxFailedClusters: 2,
      unreachable: { kind: 'goOn', afterSeconds: 600 },
      onChange: 'queue',
      incumbentBroken: { reason: 'v1 answers 500 since 9:12' },
      rollbackWindowSeconds: 0,
      leaves: { withinSeconds: 120, otherwise: 'goOn' },
      planes: { withinSeconds: 30, otherwise: 'goOn' },
      measured: { tolerancePercent: 10, withinSeconds: 300, otherwise: 'goOn' },
    });
  });

  it('goes back in steps for ten minutes unless another time is written', () => {
    const { rollback } = valid(aDocument({ rollout: { rollback: { byEndpoints: {} } } })).rollout;
    expect(rollback).toEqual({ kind: 'byEndpoints', withinSeconds: 600 });
  });

  it('goes on without a cluster after five minutes unless another time is written', () => {
    const { unreachable } = valid(aDocument({ rollout: { unreachable: { goOn: {} } } })).rollout;
    expect(unreachable).toEqual({ kind: 'goOn', afterSeconds: 300 });
  });

  it.each([
    [{}, 30, 30],
    [{ ttl: '5s' }, 5, 5],
    [{ ttl: '5m' }, 300, 30],
    [{ ttl: '5m', rolloutTtl: '10s' }, 300, 10],
    [{ ttl: '5m', rolloutTtl: '5m' }, 300, 300],
  ])('has a TTL of its own, which is never longer than that of the records: %j', (dns, ttl, rolloutTtl) => {
    expect(valid(aDocument({ dns })).dns).toMatchObject({ ttlSeconds: ttl, rolloutTtlSeconds: rolloutTtl });
  });
});

describe('a verification', () => {
  const one = (verify: object, spec: object = {}) => {
    const { strategy } = valid(aDocument({ ...spec, strategy: { blueGreen: { verify } } }));
    return strategy.kind === 'blueGreen' ? strategy.verify : undefined;
  };

  it.each([
    ['http with its defaults', {}, '/', { from: 200, to: 399 }],
    ['http', { http: { path: '/healthz', statuses: ['204'] } }, '/healthz', { from: 204, to: 204 }],
    ['https', { https: { path: '/up' } }, '/up', { from: 200, to: 399 }],
    ['tcp', { tcp: {} }, '/', { from: 200, to: 399 }],
  ])('asks what the health check asks: %s', (_kind, health, path, status) => {
    const asked = { path, statuses: [status], count: 10, maxFailures: 0, timeoutSeconds: 2 };
    expect(one({}, { health })).toEqual(asked);
  });

  it('asks what it says itself', () => {
    const verify = { path: '/up', count: 20, maxFailures: 1, timeout: '5s', statuses: ['200', '301-302'] };
    const expected = {
      path: '/up',
      count: 20,
      maxFailures: 1,
      timeoutSeconds: 5,
      statuses: [
        { from: 200, to: 200 },
        { from: 301, to: 302 },
      ],
    };
    expect(one(verify)).toEqual(expected);
    const { strategy } = valid(aCanary([{ verify }]));
    expect(stepsOf(strategy)).toEqual([{ kind: 'verify', verification: expected }]);
  });
});

describe('waves', () => {
  it('are steps that name clusters', () => {
    const { strategy } = valid(overTwo({ setWeight: 25, clusters: ['east'] }, { pause: {} }, { setWeight: 25 }));
    expect(stepsOf(strategy)).toEqual([
      { kind: 'setWeight', weight: 25, clusters: ['east'] },
      { kind: 'pause' },
      { kind: 'setWeight', weight: 25 },
    ]);
  });

  it.each<[string, ...object[]]>([
    ['cluster after cluster', { setWeight: 100, clusters: ['east'] }, { setWeight: 50, clusters: ['west'] }],
    ['one ahead, then all', { setWeight: 25, clusters: ['east'] }, { setWeight: 25 }, { setWeight: 50 }],
    ['each named, then those that leave', { setWeight: 50, clusters: ['east', 'west'] }, { setWeight: 50 }],
  ])('rise for each cluster by itself: %s', (_how, ...steps) => {
    expect(issuesOf(overTwo(...steps))).toEqual([]);
  });

  it.each<[string, readonly object[], number, string]>([
    [
      'the same again',
      [
        { setWeight: 25, clusters: ['east'] },
        { setWeight: 25, clusters: ['east'] },
      ],
      1,
      '25 after 25',
    ],
    [
      'less',
      [
        { setWeight: 25, clusters: ['east'] },
        { setWeight: 20, clusters: ['west', 'east'] },
      ],
      1,
      '20 after 25',
    ],
    ['less by all', [{ setWeight: 25, clusters: ['east'] }, { setWeight: 10 }], 1, '10 after 25'],
    [
      'what all have reached',
      [{ setWeight: 50, clusters: ['east'] }, { setWeight: 50 }, { setWeight: 50, clusters: ['east'] }],
      2,
      '50 after 50',
    ],
  ])('never fall and always move somebody: %s', (_what, steps, index, found) => {
    expect(issuesOf(overTwo(...steps))).toEqual([
      { path: `${STEPS}[${index}].setWeight`, message: `found ${found} for cluster "east"; ${NEVER_ENDS}` },
    ]);
  });
});

const UNKNOWN =
  'where no backend is; allowed: east; a cluster that leaves moves with the first step that names no clusters';

const refused: readonly [what: string, document: unknown, path: string, message: string][] = [
  [
    'a pause of clusters',
    aCanary([{ pause: {}, clusters: ['east'] }]),
    `${STEPS}[0].clusters`,
    'found clusters without setWeight; write it beside setWeight, or leave it out',
  ],
  [
    'clusters alone',
    aCanary([{ clusters: ['east'] }]),
    `${STEPS}[0]`,
    'found an object with clusters; write a step with one of setWeight, pause or verify',
  ],
  [
    'a shift that verifies',
    aCanary([{ setWeight: 10, verify: {} }]),
    `${STEPS}[0]`,
    'found setWeight and verify in one step; write one of them',
  ],
  [
    'a cluster twice',
    aCanary([{ setWeight: 10, clusters: ['east', 'east'] }]),
    `${STEPS}[0].clusters[1]`,
    'found "east" again; write each cluster once',
  ],
  [
    'a cluster without a backend',
    aCanary([{ setWeight: 10, clusters: ['east', 'mars'] }]),
    `${STEPS}[0].clusters[1]`,
    `found "mars", ${UNKNOWN}`,
  ],
  [
    'no clusters',
    aCanary([{ setWeight: 10, clusters: [] }]),
    `${STEPS}[0].clusters`,
    'found an empty list; allowed: a list of 1 to 256 clusters',
  ],
  [
    'a verification that cannot fail',
    aCanary([{ verify: { maxFailures: 10 } }]),
    `${STEPS}[0].verify.maxFailures`,
    'found 10 of 10 requests, so that nothing could fail; write fewer than count',
  ],
  [
    'a range that ends before it begins',
    aDocument({ strategy: { blueGreen: { verify: { statuses: ['399-200'] } } } }),
    'spec.strategy.blueGreen.verify.statuses[0]',
    'found "399-200", which ends before it begins; write the lower status first',
  ],
  [
    'no request',
    aCanary([{ verify: { count: 0 } }]),
    `${STEPS}[0].verify.count`,
    'found 0; allowed: a whole number from 1 to 1000',
  ],
  [
    'two ways back',
    aDocument({ rollout: { rollback: { atOnce: {}, byEndpoints: {} } } }),
    'spec.rollout.rollback',
    'found atOnce and byEndpoints in one way back; write one of them',
  ],
  [
    'two policies for clusters that are away',
    aDocument({ rollout: { unreachable: { wait: {}, goOn: {} } } }),
    'spec.rollout.unreachable',
    'found wait and goOn in one policy; write one of them',
  ],
  [
    'a broken incumbent without a reason',
    aDocument({ rollout: { start: { incumbentBroken: { reason: ' ' } } } }),
    'spec.rollout.start.incumbentBroken.reason',
    'found " "; allowed: a sentence, at most 1024 characters',
  ],
  [
    'a failure that nobody minds',
    aDocument({ rollout: { onFailure: 'ignore' } }),
    'spec.rollout.onFailure',
    'found "ignore"; allowed: rollback or hold',
  ],
  [
    'planes that nobody waits for',
    aDocument({ rollout: { planes: { within: '0s' } } }),
    'spec.rollout.planes.within',
    'found "0s"; allowed: a duration from 1s to 168h, such as "30s", "10m" or "1h30m"',
  ],
  [
    'leaves that are held',
    aDocument({ rollout: { leaves: { otherwise: 'hold' } } }),
    'spec.rollout.leaves.otherwise',
    'found "hold"; allowed: fail or goOn',
  ],
  [
    'a tolerance of nothing',
    aDocument({ rollout: { measured: { tolerance: 0 } } }),
    'spec.rollout.measured.tolerance',
    'found 0; allowed: a whole number from 1 to 100',
  ],
  [
    'a longer TTL in rollouts',
    aDocument({ dns: { ttl: '30s', rolloutTtl: '1m' } }),
    'spec.dns.rolloutTtl',
    'found 1m, which is longer than dns.ttl (30s); write a shorter one or a longer dns.ttl',
  ],
];

it.each(refused)('is refused for %s', (_what, document, path, message) => {
  expect(issuesOf(document)).toEqual([{ path, message }]);
});

describe('clusters of steps where backends are by labels', () => {
  const spec = valid(
    aDocument({ backends: [aSelector()], strategy: { canary: { steps: [{ setWeight: 5, clusters: ['mars'] }] } } }),
  );
  const clusters = [{ name: 'east', labels: {} }];
  const environment = { clusters, zones: ['example.test'], regions: [] };

  it('are looked at once they are placed', () => {
    const { backends } = valid(aDocument());
    expect(admit({ ...spec, backends }, environment)).toEqual([
      { path: `${STEPS}[0].clusters[0]`, message: `found "mars", ${UNKNOWN}` },
    ]);
    expect(
      admit(
        { ...spec, backends: backends.map((each) => ({ ...each, cluster: 'mars' })) },
        {
          ...environment,
          clusters: [{ name: 'mars', labels: {} }],
        },
      ),
    ).toEqual([]);
  });
});
