import { afterEach, expect, it } from 'vitest';
import type { SteeringVerb } from '../../../src/client/client.ts';
import type { EntityState, HistoryEntry, Status } from '../../../src/workflows/status.ts';
import { until } from '../../support/until.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

let sluice: ScriptedSluice;
afterEach(async () => await sluice.stop());

it('is not deaf after a rollout of less than a second: Temporal keeps no run waiting', async () => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {} }));
  const document = aDocument({ backends: [V1] });
  await sluice.apply(document);
  await sluice.untilReady();
  // The worker is warm now, and the second life begins quickly.
  await sluice.client.steer('delete', 'default', 'shop', {});
  await sluice.untilDeleted();
  await sluice.apply(document);
  const backoffs = await until(
    async () => {
      const all = await sluice.backoffs();
      return all.length > 1 ? all : undefined;
    },
    { what: 'the run after the rollout' },
  );
  expect(backoffs).toEqual([0, 0]);
});

/** Where a rollout waits when its history has grown long. */
interface Place {
  readonly what: string;
  /** `atOnce`: the wait itself goes on in the next run. `afterIt`: it has a limit of its own, and the next run begins behind it. */
  readonly next: 'atOnce' | 'afterIt';
  readonly spec?: object;
  /** It waits for clusters that are to remove leaves. */
  readonly isRemoval?: true;
  /** Before the document is applied that leads there. */
  readonly before?: () => void;
  /** After that. */
  readonly afterwards?: () => Promise<unknown>;
  readonly isThere: (status: Status) => boolean;
  /** Whatever it waits for, when both are to go on. */
  readonly release: () => unknown;
  readonly end: EntityState;
  /** The generation that is at its end then; absent: the one that waited. */
  readonly generation?: number;
}

const EAST = { ...V1, weight: 1 };
const NORTH = { name: 'north', cluster: 'north', service: { name: 'shop', port: 80 }, weight: 1 };
const WEST = { name: 'west', cluster: 'west', service: { name: 'shop', port: 80 }, weight: 1 };
const EAST_V2 = { ...V2, weight: 1 };

const canary = (...steps: object[]) => ({
  strategy: { canary: { steps, readyTimeout: '1h', progressDeadline: '2h' } },
});
const steer = (verb: SteeringVerb, input: object = {}) => sluice.client.steer(verb, 'default', 'shop', input);
const promote = () => steer('promote', { full: true });
const west = () => sluice.clusters.cluster('west');
const away = () => void (sluice.plane.away = true);
const back = () => void (sluice.plane.away = false);
const runs = (kind: string) => (status: Status) =>
  status.rollout?.steps[status.rollout.step]?.step.kind === kind &&
  status.rollout.steps[status.rollout.step]?.state === 'running';
const waitsFor = (words: string) => (status: Status) => status.message.includes(words);
const is = (state: EntityState) => (status: Status) => status.state === state;

let answer: () => void = () => undefined;

const PLACES: readonly Place[] = [
  {
    what: 'leaves that are written',
    next: 'afterIt',
    before: () => void (west().mode = 'away'),
    isThere: waitsFor('waiting for cluster west'),
    release: () => sluice.clusters.comeBack('west'),
    end: 'Ready',
  },
  {
    what: 'readiness, promoted before',
    next: 'atOnce',
    spec: canary({ setWeight: 50 }, { pause: {} }),
    before: () => sluice.clusters.unready('west', 'west'),
    afterwards: async () => {
      await sluice.untilStatus('awaits readiness', runs('awaitReady'));
      await promote();
    },
    isThere: runs('awaitReady'),
    release: () => sluice.clusters.unready('west'),
    end: 'Ready',
  },
  {
    what: 'a lower TTL',
    next: 'afterIt',
    spec: { ...canary({ setWeight: 50 }), dns: { ttl: '2s', rolloutTtl: '1s' } },
    before: away,
    isThere: (status) => runs('setTtl')(status) && waitsFor('one is away')(status),
    release: back,
    end: 'Ready',
  },
  {
    what: 'a weight, until leaves are taken up',
    next: 'afterIt',
    spec: { backends: [EAST_V2, NORTH], ...canary({ pause: {} }, { setWeight: 50 }) },
    afterwards: async () => {
      await sluice.untilStatus('before the weight', is('Paused'));
      sluice.clusters.cluster('east').mode = 'unobserved';
      await steer('promote');
    },
    isThere: waitsFor('waits for its controller'),
    release: () => void (sluice.clusters.cluster('east').mode = 'works'),
    end: 'Ready',
  },
  {
    what: 'a weight, until planes serve it',
    next: 'afterIt',
    spec: canary({ setWeight: 50 }),
    before: away,
    isThere: (status) => runs('setWeight')(status) && waitsFor('one is away')(status),
    release: back,
    end: 'Ready',
  },
  {
    what: 'a weight, until it is measured',
    next: 'afterIt',
    spec: { ...canary({ setWeight: 50 }), rollout: { measured: { within: '1h' } } },
    afterwards: async () => {
      const isSettling = ({ rollout }: Status) =>
        rollout?.steps.some(({ gates }) => gates?.some(({ gate }) => gate === 'caches')) ?? false;
      await sluice.untilStatus('settles', isSettling);
      sluice.plane.answers = { east: 4_000 };
    },
    isThere: waitsFor('east'),
    release: () => void (sluice.plane.answers = {}),
    end: 'Ready',
  },
  {
    what: 'a timed pause',
    next: 'atOnce',
    spec: canary({ setWeight: 50 }, { pause: { duration: '1h' } }),
    isThere: (status) => runs('pause')(status) && status.rollout?.steps[3]?.until !== undefined,
    release: promote,
    end: 'Ready',
  },
  {
    what: 'a promotion, with a queue',
    next: 'atOnce',
    spec: canary({ setWeight: 50 }, { pause: {} }),
    afterwards: async () => {
      await sluice.untilStatus('paused', is('Paused'));
      await sluice.apply(aDocument({ backends: [WEST, NORTH, EAST], rollout: { onChange: 'queue' } }));
    },
    isThere: ({ queued }) => queued !== undefined,
    release: promote,
    end: 'Ready',
    generation: 3,
  },
  {
    what: 'the verb pause',
    next: 'atOnce',
    spec: canary({ setWeight: 50 }, { pause: {} }, { setWeight: 70 }),
    afterwards: async () => {
      await sluice.untilStatus('paused', is('Paused'));
      await steer('pause');
      await steer('promote');
    },
    isThere: ({ rollout }) => rollout?.step === 4 && rollout.paused,
    release: () => steer('resume'),
    end: 'Ready',
  },
  {
    what: 'a verification',
    next: 'afterIt',
    spec: canary({ verify: { count: 1 } }, { setWeight: 50 }),
    before: () => {
      sluice.clusters.answering = new Promise((resolve) => {
        answer = resolve;
      });
    },
    isThere: runs('verify'),
    release: () => answer(),
    end: 'Ready',
  },
  {
    what: 'the hold of blue/green',
    next: 'atOnce',
    spec: { strategy: { blueGreen: { hold: {} } } },
    isThere: is('Paused'),
    release: promote,
    end: 'Ready',
  },
  {
    what: 'the end of keepOld',
    next: 'atOnce',
    spec: { strategy: { blueGreen: { keepOld: '1h' } } },
    isThere: (status) =>
      runs('pause')(status) && status.rollout?.steps.some((step) => step.until !== undefined) === true,
    release: promote,
    end: 'Ready',
  },
  {
    what: 'leaves that are removed',
    next: 'atOnce',
    isRemoval: true,
    afterwards: async () => {
      await sluice.untilStatus('removes', runs('removeLeaves'));
    },
    before: () => void (sluice.clusters.cluster('east').keeps = true),
    isThere: waitsFor('waiting for cluster east'),
    release: () => void (sluice.clusters.cluster('east').keeps = false),
    end: 'Ready',
  },
  {
    what: 'a person, since a step failed',
    next: 'atOnce',
    spec: {
      ...canary({ verify: { count: 1 } }, { setWeight: 50 }),
      rollout: { onFailure: 'hold' },
    },
    before: () => void (west().answers = { kind: 'failed', reason: 'ProbeFailed', message: 'answered 500' }),
    isThere: is('Held'),
    release: async () => {
      west().answers = { kind: 'passed' };
      await steer('retry');
    },
    end: 'Ready',
  },
  {
    what: 'a way back',
    next: 'atOnce',
    spec: canary({ setWeight: 50 }, { pause: {} }),
    afterwards: async () => {
      await sluice.untilStatus('paused', is('Paused'));
      away();
      await steer('abort', { reason: 'errors' });
    },
    isThere: (status) => is('RollingBack')(status) && waitsFor('one is away')(status),
    release: back,
    end: 'RolledBack',
  },
  {
    what: 'a deletion that drains',
    next: 'atOnce',
    afterwards: async () => {
      await sluice.untilReady(2);
      away();
      await steer('delete');
    },
    isThere: (status) => is('Deleting')(status) && waitsFor('one is away')(status),
    release: back,
    end: 'Deleted',
  },
  {
    what: 'a deletion that removes leaves',
    next: 'atOnce',
    isRemoval: true,
    afterwards: async () => {
      await sluice.untilReady(2);
      west().mode = 'away';
      await steer('delete');
    },
    isThere: waitsFor('waiting for cluster west'),
    release: () => sluice.clusters.comeBack('west'),
    end: 'Deleted',
  },
];

/** Two generations, a drained cluster, and a rollout that waits at its place. */
async function waiting({ spec = {}, before, afterwards, isThere, what }: Place): Promise<Status> {
  await sluice.apply(aDocument({ backends: [EAST, NORTH], dns: { ttl: '2s', rolloutTtl: '1s' } }));
  await sluice.untilReady();
  await steer('drain', { cluster: 'north', reason: 'upgrade' });
  await sluice.untilStatus('drained', ({ state, withheld }) => state === 'Ready' && withheld !== undefined);
  before?.();
  await sluice.apply(aDocument({ backends: [WEST, NORTH], dns: { ttl: '2s', rolloutTtl: '2s' }, ...spec }));
  await afterwards?.();
  return await sluice.untilStatus(what, isThere);
}

async function ending({ release, end, generation }: Place): Promise<Status> {
  await release();
  return end === 'Deleted' ? await sluice.untilDeleted() : await sluice.untilStatus(end, isEnd(end, generation));
}

/** How it ended, without what no two rollouts have alike: times and revisions. */
async function outline({ state, liveGeneration, rollout, withheld = [], undoable = [], history }: Status) {
  return {
    state,
    liveGeneration,
    outcome: rollout?.outcome,
    steps: rollout?.steps.map(({ text, state: at, gates = [] }) => [text, at, ...gates.map(({ gate }) => gate)]),
    withheld: withheld.map(({ cluster, why, reason }) => ({ cluster, why, reason })),
    undoable: undoable.map(({ generation }) => generation),
    history: wordsOf(history),
    published: await sluice.published(),
  };
}

/** A document that is submitted again, since the machine is slow, is noted again. */
function wordsOf(history: Status['history']) {
  const isAgain = ({ action, message }: HistoryEntry, index: number) =>
    action === 'Applied' && history[index - 1]?.message === message;
  return history
    .filter((entry, index) => !isAgain(entry, index))
    .map(({ action, message, before, after }) => ({
      words: `${action}: ${message.replace(/revision \d+/, 'revision')}`,
      before,
      after,
    }));
}

/** Nothing is left of it, so that the same name begins anew. */
async function forgotten({ end }: Place): Promise<void> {
  if (end !== 'Deleted') await steer('delete');
  await sluice.untilDeleted();
  sluice.told.length = 0;
}

function isEnd(end: EntityState, wanted?: number) {
  return ({ state, generation, rollout }: Status): boolean =>
    state === end && rollout?.generation === (wanted ?? generation);
}

/** All but what is seen anew in each run. */
function durable({ message: _message, revision: _revision, conditions, backends, rollout, ...rest }: Status) {
  const { expectedEnd: _end, steps = [], ...others } = rollout ?? {};
  return {
    ...rest,
    conditions: conditions.map(({ type, status, lastTransitionTime }) => ({ type, status, lastTransitionTime })),
    backends: backends.map(({ id, wantedShare, shareInForce, drain }) => ({ id, wantedShare, shareInForce, drain })),
    rollout: { ...others, steps: steps.map(({ expectedEnd: _stepEnd, ...step }) => step) },
  };
}

/** What is the same at the end as when it waited, times included. */
function lasting({ createdAt, withheld, history }: Status, entries: number) {
  return { createdAt, withheld, history: history.slice(0, entries) };
}

it.each(PLACES)(
  'loses nothing when it goes on in another run while it waits for $what',
  async (place) => {
    sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {}, north: {} }));
    await waiting(place);
    const without = await outline(await ending(place));
    await forgotten(place);
    const before = await waiting(place);
    const runId = await sluice.runId();
    await (place.next === 'atOnce' ? sluice.lengthenHistory() : sluice.fillHistory());
    const there = await sluice.untilStatus('there again', place.isThere);
    expect(durable(there)).toEqual(durable(before));
    expect((await sluice.runId()) === runId).toBe(place.next === 'afterIt');
    const ended = await ending(place);
    expect(await outline(ended)).toEqual(without);
    const { length } = before.history;
    expect(lasting(ended, length)).toEqual(lasting(before, length));
    expect(await sluice.runId()).not.toBe(runId);
    await forgotten(place);
    expect(sluice.clusters.leaves).toEqual([]);
  },
  240_000,
);

it.each(PLACES.filter(({ isRemoval }) => isRemoval))(
  'gives clusters no more time when it goes on in another run while it waits for $what',
  async (place) => {
    sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {}, north: {} }));
    await waiting(place);
    const asked = await sluice.asked('removeLeaves');
    await sluice.lengthenHistory();
    const askedAgain = async () => {
      const all = await sluice.asked('removeLeaves');
      return all.length > asked.length ? all.at(-1) : undefined;
    };
    const again = await until(askedAgain, { what: 'the removal in the next run' });
    expect(asked.at(-1)).toMatchObject({ giveUpAt: expect.any(Number) });
    expect(again).toEqual({ ...(asked.at(-1) as object), watch: expect.any(String) });
  },
);
