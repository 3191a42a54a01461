import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { specEquals } from '../../../src/spec/document.ts';
import type { PromoteInput } from '../../../src/workflows/messages.ts';
import type { Door, Facts, HistoryEntry, Status } from '../../../src/workflows/status.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
const STEPS = [{ setWeight: 20 }, { verify: { count: 1 } }, { pause: {} }];
const DNS = { ttl: '2s', rolloutTtl: '1s' };

let sluice: ScriptedSluice;
let history: readonly HistoryEntry[] = [];

const isPaused = ({ state }: Status) => state === 'Paused';

function steer(
  verb: 'pause' | 'resume' | 'promote' | 'abort' | 'undo' | 'drain' | 'undrain' | 'delete',
  more: PromoteInput,
) {
  return sluice.client.steer(verb, 'default', 'shop', {
    actor: 'http:bob',
    door: 'http',
    reason: `to ${verb}`,
    ...more,
  });
}

async function apply(door: Door, spec: Parameters<typeof aDocument>[0]): Promise<void> {
  await sluice.client.apply(aDocument(spec), { actor: `${door}:alice`, door, reason: `by ${door}` });
}

/** A life with every verb in it. */
beforeAll(async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1, V1_WEST], dns: DNS }), { door: 'http', reason: 'first' });
  await sluice.untilReady();
  await apply('cli', { backends: [V2, V2_WEST], strategy: { canary: { steps: STEPS } }, dns: DNS });
  await sluice.untilStatus('paused', isPaused);
  await steer('pause', {});
  await steer('resume', { door: 'cli' });
  await steer('promote', {});
  await sluice.untilReady(2);
  await steer('drain', { door: 'kubectl', cluster: 'west' });
  await sluice.untilStatus('paused', isPaused);
  await steer('promote', {});
  await sluice.untilReady(2);
  await steer('undrain', { cluster: 'west' });
  await sluice.untilStatus('paused', isPaused);
  await steer('promote', { full: true });
  await sluice.untilReady(2);
  await steer('undo', { toGeneration: 1 });
  await sluice.untilReady(3);
  await apply('http', { backends: [V2], strategy: { direct: {} }, dns: { ttl: '4s' } });
  // In force, and not yet through the caches.
  await sluice.untilStatus('shifting', ({ generation, rollout }) => {
    return generation === 4 && rollout?.steps.some(({ step, until }) => step.kind === 'setWeight' && until) === true;
  });
  await steer('abort', {});
  await sluice.untilStatus('back', ({ state }) => state === 'RolledBack');
  await steer('delete', {});
  history = (await sluice.untilDeleted()).history;
}, 300_000);
afterAll(async () => await sluice.stop());

describe('the history', () => {
  it.each<{ action: string; entry: Partial<HistoryEntry> }>([
    {
      action: 'Applied',
      entry: { actor: 'cli:alice', door: 'cli', reason: 'by cli', before: { generation: 1 }, after: { generation: 2 } },
    },
    { action: 'LeavesWritten', entry: { actor: 'sluice', message: 'apply HTTPRoute default/shop in east and west' } },
    {
      action: 'TtlChanged',
      entry: {
        actor: 'sluice',
        message: 'lower the TTL to 1s, then wait 2s',
        before: { ttlSeconds: 2 },
        after: { ttlSeconds: 1 },
      },
    },
    {
      action: 'Verified',
      entry: {
        actor: 'sluice',
        message:
          'v2 in east: 0 of 1 request for / failed, allowed are 0; v2-west in west: 0 of 1 request for / failed, allowed are 0',
      },
    },
    {
      action: 'Shifted',
      entry: {
        actor: 'sluice',
        message: expect.stringMatching(/^shift to 100 %: v1 50 %, v1-west 50 %; in force as revision \d+$/),
        before: { shares: {} },
        after: { shares: { east: 5_000, west: 5_000 } },
      },
    },
    { action: 'Paused', entry: { actor: 'http:bob', door: 'http', reason: 'to pause' } },
    { action: 'Resumed', entry: { actor: 'http:bob', door: 'cli', reason: 'to resume' } },
    { action: 'Promoted', entry: { actor: 'http:bob', door: 'http', reason: 'to promote' } },
    {
      action: 'LeavesRemoved',
      entry: {
        actor: 'sluice',
        message: 'take v1 out of HTTPRoute default/shop in east, take v1-west out of HTTPRoute default/shop in west',
      },
    },
    {
      action: 'Completed',
      entry: {
        actor: 'sluice',
        message: 'generation 1 serves all traffic',
        before: { state: 'Progressing' },
        after: { state: 'Ready' },
      },
    },
    {
      action: 'DrainRequested',
      entry: { actor: 'http:bob', door: 'kubectl', reason: 'to drain', after: { withheld: ['west'] } },
    },
    {
      action: 'UndrainRequested',
      entry: { actor: 'http:bob', door: 'http', reason: 'to undrain', before: { withheld: ['west'] } },
    },
    {
      action: 'UndoRequested',
      entry: { door: 'http', reason: 'to undo', before: { generation: 2 }, after: { generation: 3 } },
    },
    {
      action: 'Moved',
      entry: {
        actor: 'sluice',
        before: { shares: { east: 5_000, west: 5_000 } },
        after: { shares: { east: 10_000, west: 0 } },
      },
    },
    {
      action: 'Aborted',
      entry: { door: 'http', reason: 'to abort', before: { state: 'Progressing' }, after: { state: 'RollingBack' } },
    },
    { action: 'RollingBack', entry: { actor: 'sluice', message: 'Aborted: to abort' } },
    {
      action: 'RolledBack',
      entry: {
        actor: 'sluice',
        message: 'back to generation 3',
        before: { shares: { east: 10_000, west: 0 } },
        after: { shares: { east: 5_000, west: 5_000 } },
      },
    },
    {
      action: 'DeleteRequested',
      entry: { door: 'http', reason: 'to delete', before: { state: 'RolledBack' }, after: { state: 'Deleting' } },
    },
    {
      action: 'Deleted',
      entry: {
        actor: 'sluice',
        message: 'drained, leaves removed, hostname released',
        before: { state: 'Deleting' },
        after: { state: 'Deleted' },
      },
    },
  ])('has $action with who, where, why, before and after', ({ action, entry }) => {
    const found = history.filter((one) => one.action === action && one.reason === (entry.reason ?? one.reason));
    expect(found[0]).toMatchObject(entry);
  });

  it('has a door and a reason for whatever somebody did, and neither for what Sluice decided', () => {
    const isBy = ({ actor, door, reason }: HistoryEntry) =>
      actor === 'sluice' ? !door && !reason : door !== undefined && reason !== undefined;
    expect(history.filter((entry) => !isBy(entry))).toEqual([]);
  });

  it.each([
    ['generation', 4],
    ['shares', {}],
    ['ttlSeconds', 2],
    ['withheld', undefined],
  ] as const)('tells of every change of %s', (fact, atTheEnd) => {
    let now: Facts = {};
    for (const { number, before = {}, after = {} } of history) {
      const isChanged = fact in before || fact in after;
      if (isChanged && number > 1) expect({ number, [fact]: before[fact] }).toEqual({ number, [fact]: now[fact] });
      if (isChanged) now = { [fact]: after[fact] };
    }
    expect(now[fact]).toEqual(atTheEnd);
    expect(history.filter(({ after }) => after !== undefined && specEquals(after, {}))).toEqual([]);
  });
});
