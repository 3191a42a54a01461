import { expect, it } from 'vitest';
import { previewSchema, statusReadingSchema } from '../../../src/client/http/schemas.ts';
import type { BackendId } from '../../../src/plan/types.ts';
import type { Preview, Status } from '../../../src/workflows/status.ts';

/** With every optional field: a new one in Status does not compile here until it stands below. */
type Full<T> = T extends string | number | boolean | null ? T : { [K in keyof T]-?: Full<T[K]> };

// A brand has nothing to check.
const id = 'east/default/shop:80' as BackendId;
const at = '2026-03-01T12:00:00Z';
const leaf = { kind: 'Ingress', cluster: 'east', namespace: 'default', name: 'shop' } as const;
const routes = [{ path: '/', pathType: 'Prefix', service: { name: 'shop', port: 80 } }] as const;
const backend = { name: 'v1', cluster: 'east', placement: 'web', namespace: 'default', routes, weight: 1 };
const allocation = { backends: [backend], shares: { [id]: 10_000 } };
const times = { startedAt: at, endedAt: at, until: at };

const verification = { path: '/', statuses: [{ from: 200, to: 399 }], count: 10, maxFailures: 1, timeoutSeconds: 2 };

const steps = [
  { kind: 'applyLeaves', leaves: [leaf] },
  { kind: 'awaitReady', backends: [id], timeoutSeconds: 120 },
  {
    kind: 'setWeight',
    weight: 10,
    clusters: ['east'],
    shares: { [id]: 10_000 },
    ttlSeconds: 30,
    failover: ['east'],
    strategyStep: 0,
  },
  { kind: 'pause', durationSeconds: 600, strategyStep: 1 },
  { kind: 'verify', backends: [id], verification, strategyStep: 2 },
  { kind: 'setTtl', ttlSeconds: 30, waitSeconds: 300 },
  { kind: 'removeLeaves', leaves: [leaf], leaving: [{ backend: id, leaf }] },
] as const;

const facts = {
  generation: 1,
  state: 'Ready',
  step: 2,
  shares: { east: 10_000 },
  ttlSeconds: 30,
  withheld: ['west'],
} as const;

const status: Full<Omit<Status, 'document'>> & Pick<Status, 'document'> = {
  namespace: 'default',
  name: 'shop',
  host: 'shop.example.test',
  createdAt: at,
  generation: 2,
  liveGeneration: 1,
  document: { any: 'thing' },
  state: 'Paused',
  message: 'waits until promoted',
  conditions: [
    { type: 'Ready', status: 'True', reason: 'Serving', message: 'm', observedGeneration: 2, lastTransitionTime: at },
  ],
  backends: [
    {
      id,
      name: 'v1',
      cluster: 'east',
      namespace: 'default',
      wantedShare: 10_000,
      shareInForce: 0,
      measuredShare: 12,
      drain: { cachedUntil: at, isProved: false },
      readiness: 'Unknown',
      reason: 'NotProbed',
      message: 'm',
      addresses: ['127.0.0.11'],
      port: 30_080,
      leaf,
      drift: [{ path: '.spec.rules', wanted: '2', found: '1', manager: 'kubectl-edit' }],
      certificate: { cluster: 'east', kind: 'current', fingerprint: 'ab12', notAfter: at, message: 'm' },
    },
  ],
  rollout: {
    generation: 2,
    cause: 'drain of east',
    step: 1,
    steps: steps.map((step) => ({
      step,
      text: 'in words',
      state: 'running',
      plannedSeconds: 30,
      expectedEnd: at,
      gates: [{ gate: 'planes', state: 'waiting', message: 'm' }],
      ...times,
    })),
    startedAt: at,
    endedAt: at,
    paused: true,
    held: { reason: 'VerifyFailed', message: 'm', since: at },
    failedClusters: [{ cluster: 'east', reason: 'NotReady', message: 'm' }],
    lastActor: 'http:alice',
    expectedEnd: at,
    outcome: { kind: 'rolledBack', reason: 'Aborted', message: 'm' },
  },
  withheld: [{ cluster: 'east', why: 'drained', since: at, actor: 'http:alice', reason: 'r' }],
  queued: { generation: 3, at },
  undoable: [{ generation: 1, completedAt: at, strategy: 'canary' }],
  preview: { host: 'preview.shop.example.test', backends: [{ name: 'v1', cluster: 'east', share: 10_000 }] },
  revision: 7,
  orphans: [leaf],
  source: { kind: 'hub', uid: 'b7', generation: 3 },
  history: [
    {
      number: 9,
      at,
      actor: 'http:alice',
      action: 'Applied',
      message: 'm',
      door: 'cli',
      reason: 'r',
      before: facts,
      after: facts,
    },
  ],
};

const preview: Full<Preview> = {
  outcome: 'updated',
  plan: {
    host: 'shop.example.test',
    preview: 'preview.shop.example.test',
    from: allocation,
    to: allocation,
    changes: ['ttl: 30s -> 1m'],
    leafChanges: ['kind: Ingress -> HTTPRoute'],
    leaves: { create: [leaf], update: [leaf], remove: [leaf], use: [leaf] },
    steps,
    earliestSeconds: 1,
    latestSeconds: 2,
  },
  live: allocation,
  change: { kind: 'queued', message: 'm' },
};

it('says every field of a status over HTTP', () => {
  const reading = { ...status, staleSince: at };
  expect(statusReadingSchema.parse(reading)).toEqual(reading);
});

it('says every field of a preview over HTTP', () => {
  const explained = { ...preview, text: 'in words' };
  expect(previewSchema.parse(explained)).toEqual(explained);
});
