import { describe, expect, it } from 'vitest';
import { eventManifest, type HubEvent } from '../../../src/hub/events.ts';
import { HistoryEvents } from '../../../src/hub/history-events.ts';
import { workflowStatus } from '../../../src/hub/object-status.ts';
import type { BackendStatus, HistoryEntry, Source, Status } from '../../../src/workflows/status.ts';
import { aStatus, NOW } from '../../support/status-builder.ts';
import { UID } from './objects.ts';

const SOURCE: Source = { kind: 'hub', uid: UID, generation: 7 };

function aBackend(cluster: string, shareInForce: number, fields: Partial<BackendStatus> = {}): BackendStatus {
  const [any] = aStatus().build().backends;
  if (any === undefined) throw new Error('the builder has no backends');
  return { ...any, cluster, name: cluster, shareInForce, readiness: 'Ready', ...fields };
}

const AT = NOW.toISOString();

const withBackends = (...backends: readonly BackendStatus[]): Status =>
  aStatus().with({ backends, source: SOURCE }).build();

describe('the status of an object', () => {
  it('has conditions of the generation that kubectl knows', () => {
    const { conditions = [] } = workflowStatus(aStatus().with({ source: SOURCE }).build());
    expect(conditions.length).toBeGreaterThan(1);
    expect(new Set(conditions.map(({ observedGeneration }) => observedGeneration))).toEqual(new Set([7]));
  });

  it.each([
    ['nothing without backends', [], '', '0/0'],
    ['per cent by cluster, by name', [aBackend('west', 3_000), aBackend('east', 7_000)], 'east 70, west 30', '2/2'],
    ['decimals where they are needed', [aBackend('a', 3_334), aBackend('b', 6_666)], 'a 33.34, b 66.66', '2/2'],
    [
      'several backends of a cluster by name',
      [aBackend('a', 2_500, { name: 'v1' }), aBackend('a', 7_500, { name: 'v2', readiness: 'NotReady' })],
      'a/v1 25, a/v2 75',
      '0/1',
    ],
    ['unknown as not ready', [aBackend('a', 0, { readiness: 'Unknown' }), aBackend('b', 10_000)], 'a 0, b 100', '1/2'],
  ])('shows %s', (_title, backends, shares, readyClusters) => {
    expect(workflowStatus(withBackends(...backends))).toMatchObject({ shares, readyClusters });
  });

  it('counts the step that is being done, and the last one when all are', () => {
    const status = aStatus().build();
    const { rollout } = status;
    if (rollout === undefined) throw new Error('the builder has no rollout');
    const { length } = rollout.steps;
    const at = (step: number) =>
      workflowStatus(
        aStatus()
          .with({ rollout: { ...rollout, step } })
          .build(),
      ).step;
    expect([at(0), at(1), at(length)]).toEqual([`1/${length}`, `2/${length}`, `${length}/${length}`]);
  });

  it('holds no field that the definition does not have: an apply of those is refused', () => {
    const future = { ...aBackend('a', 10_000), somethingNew: true };
    expect(workflowStatus(withBackends(future)).backends?.[0]).not.toHaveProperty('somethingNew');
    expect(workflowStatus(withBackends(future)).backends?.[0]).not.toHaveProperty('id');
  });
});

describe('the rollout in the status of an object', () => {
  const told = workflowStatus(
    aStatus()
      .with({
        withheld: [{ cluster: 'east', why: 'drained', since: AT, actor: 'http:bob', reason: 'kernel update' }],
        queued: { generation: 3, at: AT },
        undoable: [{ generation: 1, completedAt: AT, strategy: 'canary' }],
      })
      .atStep(3, { begun: 5, left: 25 })
      .gates({ gate: 'planes', state: 'waiting', message: '1 of 2 DNS servers serves revision 17' })
      .backend('v1', { measuredShare: 9_012, drain: { cachedUntil: AT, isProved: false } })
      .rollout({ expectedEnd: AT, lastActor: 'http:alice', held: { reason: 'R', message: 'm', since: AT } })
      .build(),
  );

  it('has what a person looks for: steps with their gates, its end, who moved it, what holds it', () => {
    expect(told.rollout).toMatchObject({
      generation: 2,
      paused: false,
      lastActor: 'http:alice',
      expectedEnd: AT,
      held: { reason: 'R', message: 'm', since: AT },
    });
    expect(told.rollout?.steps[2]).toMatchObject({
      text: 'shift to 10 %: v1 90 %, v2 10 %',
      state: 'running',
      gates: [{ gate: 'planes', state: 'waiting', message: '1 of 2 DNS servers serves revision 17' }],
    });
    expect(told.rollout?.steps[2]).not.toHaveProperty('step');
  });

  it('stands beside clusters without traffic, what waits, and what can be gone back to', () => {
    expect(told).toMatchObject({
      withheld: [{ cluster: 'east', why: 'drained', actor: 'http:bob', reason: 'kernel update' }],
      queued: { generation: 3 },
      undoable: [{ generation: 1, strategy: 'canary' }],
    });
    expect(told.backends?.[0]).toMatchObject({ measuredShare: 9_012, drain: { cachedUntil: AT, isProved: false } });
  });
});

const entry = (action: string, at = NOW.toISOString()): HistoryEntry => ({
  number: 1,
  at,
  actor: 'sluice',
  action,
  message: action,
});

describe('Events', () => {
  function told(...statuses: readonly Status[]): readonly HubEvent[] {
    const events: HubEvent[] = [];
    const history = new HistoryEvents({ post: (event) => void events.push(event), close: async () => undefined }, () =>
      NOW.getTime(),
    );
    for (const status of statuses) history.tell(status, SOURCE);
    return events;
  }
  const withHistory = (...history: readonly HistoryEntry[]): Status =>
    aStatus().with({ history, source: SOURCE }).build();

  it('are one for each new entry of the history, with its action as the reason', () => {
    const events = told(withHistory(entry('Applied')), withHistory(entry('Applied'), entry('RolledBack')));
    expect(events.map(({ reason, type }) => [reason, type])).toEqual([
      ['Applied', 'Normal'],
      ['RolledBack', 'Warning'],
    ]);
  });

  it('leave out what is old to a process that sees the object for the first time', () => {
    const hourAgo = new Date(NOW.getTime() - 3_600_000).toISOString();
    expect(told(withHistory(entry('Applied', hourAgo), entry('Promoted')))).toHaveLength(1);
  });

  it('have a name by what happened, so that two writers make one', () => {
    const [first] = told(withHistory(entry('Applied')));
    const [second] = told(withHistory(entry('Applied')));
    const [other] = told(withHistory(entry('Promoted')));
    if (first === undefined || second === undefined || other === undefined) throw new Error('no events');
    const names = [first, second, other].map((event) => eventManifest(event).metadata.name);
    expect(names[0]).toBe(names[1]);
    expect(names[0]).not.toBe(names[2]);
    expect(eventManifest(first)).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      eventTime: '2026-03-01T12:00:00.000000Z',
      regarding: { kind: 'FederatedIngress', uid: UID },
    });
  });

  it('say who and why, once', () => {
    const drained = {
      ...entry('DrainRequested'),
      actor: 'http:bob',
      message: 'drain of east',
      reason: 'kernel update',
    };
    const aborted = { ...entry('Aborted'), message: 'rolls back: too slow', reason: 'too slow' };
    expect(told(withHistory(drained, aborted)).map(({ message, type }) => [type, message])).toEqual([
      ['Normal', 'drain of east: kernel update (by http:bob)'],
      ['Warning', 'rolls back: too slow'],
    ]);
  });

  it('are made of entries of older runs, which have no number', () => {
    const { number: _number, ...old } = entry('Applied');
    expect(told(withHistory(old as HistoryEntry), withHistory(old as HistoryEntry, entry('Held')))).toMatchObject([
      { reason: 'Applied', type: 'Normal' },
      { reason: 'Held', type: 'Warning' },
    ]);
  });

  it('fit the limits of the API, however long the message is', () => {
    const [event] = told(withHistory({ ...entry('Applied'), message: 'x'.repeat(5_000) }));
    if (event === undefined) throw new Error('no event');
    expect(String(eventManifest(event)['note'])).toHaveLength(1_000);
  });
});
