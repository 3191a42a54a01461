import { afterEach, expect, it, vi } from 'vitest';
import { cacheText } from '../../../src/plan/explain.ts';
import type { Simulation } from '../../../src/plan/simulate.ts';
import { parseFault } from '../../../src/plan/simulate-scenario.ts';
import { specEquals } from '../../../src/spec/document.ts';
import type { Status, StepStatus } from '../../../src/workflows/status.ts';
import { ScriptedClusters } from './scripted-clusters.ts';
import { aDocument, ScriptedSluice, V1, V2 } from './scripted-sluice.ts';

/** Scripted: the same failure at the same step, as `sluice simulate --fail` has it and as clusters really have it. */
let sluice: ScriptedSluice;
afterEach(async () => {
  vi.restoreAllMocks();
  await sluice.stop();
});

const V1_WEST = { ...V1, name: 'v1-west', cluster: 'west' };
const V2_WEST = { ...V2, name: 'v2-west', cluster: 'west' };
/** They share traffic in another way than those before: so clusters are seen to get more or less with each step. */
const NEW = [
  { ...V2, weight: 1 },
  { ...V2_WEST, weight: 3 },
];
const VERIFY = { verify: { count: 2 } };
const LIMITS = { readyTimeout: '1s' };

type Shares = Readonly<Record<string, number>>;

interface Story {
  /**
   * In words, in the order in which they began; of shifts, were published. Each with what planes have been told by then.
   * Without pauses: a simulation promotes them at once, and a cluster that fails in one is to it a cluster that fails before it.
   */
  readonly steps: readonly (readonly [text: string, shares: Shares])[];
  /** What planes were told, by cluster. */
  readonly published: readonly Shares[];
  readonly end: Simulation['end']['kind'];
}

interface Case {
  readonly what: string;
  readonly spec: Parameters<typeof aDocument>[0];
  /** As `--fail` takes it. */
  readonly fail?: string;
  /** Makes the same true; waits for the step itself. */
  readonly happens?: (() => void) | undefined;
  /** False: it makes no difference before the next step. */
  readonly isNoticed?: boolean;
  /** A cluster that is drained before. */
  readonly drained?: string;
}

const canary = (...steps: readonly object[]) => ({ canary: { steps, ...LIMITS } });

const CASES: readonly Case[] = [
  { what: 'one shift', spec: { backends: NEW } },
  {
    what: 'a canary',
    spec: { backends: NEW, strategy: canary({ setWeight: 20 }, { pause: {} }, VERIFY, { setWeight: 60 }) },
  },
  {
    what: 'waves',
    spec: {
      backends: NEW,
      strategy: canary({ setWeight: 50, clusters: ['east'] }, { pause: {} }, { setWeight: 100, clusters: ['east'] }),
    },
  },
  {
    what: 'a canary into fewer clusters with a TTL that is lowered',
    spec: {
      backends: [V2],
      strategy: canary({ setWeight: 30 }, { pause: { duration: '1s' } }),
      dns: { ttl: '2s', rolloutTtl: '1s' },
    },
  },
  {
    what: 'blue/green',
    spec: {
      backends: [V2_WEST],
      strategy: { blueGreen: { verify: { count: 2 }, hold: {}, keepOld: '1s', ...LIMITS } },
    },
  },
  {
    what: 'a backend that never becomes ready',
    spec: { backends: NEW, strategy: canary({ setWeight: 20 }) },
    fail: 'cluster=west@step1',
    happens: () => sluice.clusters.unready('west', 'v2-west'),
  },
  {
    what: 'a verification that fails',
    spec: { backends: NEW, strategy: canary(VERIFY, { setWeight: 20 }) },
    fail: 'cluster=west@step1:verify',
    happens: () => failVerifications(),
  },
  {
    what: 'a verification that fails behind a shift, with a cluster to spare',
    spec: {
      backends: NEW,
      strategy: canary({ setWeight: 20 }, VERIFY, { setWeight: 60 }),
      rollout: { maxFailedClusters: 1 },
    },
    fail: 'cluster=west@step1:verify',
    happens: () => failVerifications(),
  },
  ...(['rollback', 'hold'] as const).map((onFailure) => ({
    what: `a backend that is lost between steps, ${onFailure}`,
    spec: { backends: NEW, strategy: canary({ setWeight: 20 }, { pause: {} }), rollout: { onFailure } },
    fail: 'cluster=west@step4',
    happens: () => sluice.clusters.unready('west', 'v2-west'),
  })),
  {
    what: 'a backend that is lost between steps, with a cluster to spare',
    spec: {
      backends: NEW,
      strategy: canary({ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }),
      rollout: { maxFailedClusters: 1 },
    },
    fail: 'cluster=west@step4',
    happens: () => sluice.clusters.unready('west', 'v2-west'),
  },
  {
    what: 'a canary while a cluster is drained',
    spec: { backends: NEW, strategy: canary({ setWeight: 20 }, { pause: {} }) },
    drained: 'west',
  },
  {
    what: 'a cluster that does not answer, without it',
    spec: {
      backends: NEW,
      strategy: canary({ setWeight: 20 }, { pause: {} }, { setWeight: 60 }),
      rollout: { unreachable: { goOn: { after: '1s' } } },
    },
    fail: 'cluster=west@step4:unreachable',
    happens: () => void (sluice.clusters.cluster('west').mode = 'away'),
    isNoticed: false,
  },
];

it.each(CASES)('$what goes as simulated', async ({ spec, fail, drained, ...event }) => {
  sluice = await ScriptedSluice.start(new ScriptedClusters({ east: {}, west: {} }));
  await sluice.apply(aDocument({ backends: [V1, V1_WEST] }));
  await sluice.untilReady();
  if (drained !== undefined) {
    await sluice.client.steer('drain', 'default', 'shop', { cluster: drained });
    await sluice.untilReady();
  }
  const fault = fail === undefined ? undefined : parseFault(fail);
  const scenario = { faults: fault === undefined ? [] : [fault], recoveries: [] };
  const simulated = storyOf(await sluice.client.simulate(aDocument(spec), scenario));
  const atStep = fault?.at.kind === 'step' ? fault.at.step : 1;
  expect(await lived(aDocument(spec), { ...event, atStep })).toEqual(simulated);
});

function failVerifications(): void {
  sluice.clusters.cluster('west').answers = { kind: 'failed', reason: 'ProbeFailed', message: 'v2 answers 500' };
}

function storyOf({ timeline, end }: Simulation): Story {
  const steps = timeline
    .filter(({ kind, text }) => kind === 'step' && !text.startsWith('pause '))
    .map(({ text, shares }) => [text, serving(shares)] as const);
  return { steps, published: withoutRepeats(timeline.map(({ shares }) => shares)), end: end.kind };
}

/** Applies it, promotes whatever waits for somebody, and tells what happened. */
async function lived(document: unknown, event: Event): Promise<Story> {
  const put = sluice.store.put.bind(sluice.store);
  const first = sluice.told.length;
  const published: Published[] = [{ told: 0, shares: await sluice.published() }];
  vi.spyOn(sluice.store, 'put').mockImplementation((next) => {
    published.push({ told: sluice.told.length, shares: sharesOf(next.targets) });
    return put(next);
  });
  const isFirst = event.atStep === 1;
  if (isFirst) event.happens?.();
  await sluice.apply(document);
  const end = await untilEnd(isFirst ? { atStep: 1 } : event);
  return { steps: stepsOf(first, published), published: withoutRepeats(published.map(({ shares }) => shares)), end };
}

interface Published {
  /** How much the sink had been told before. */
  readonly told: number;
  readonly shares: Shares;
}

type Event = Pick<Case, 'happens' | 'isNoticed'> & { readonly atStep: number };

async function untilEnd({ happens, isNoticed = true, atStep }: Event): Promise<Story['end']> {
  let toCome = happens;
  for (;;) {
    const { state, rollout } = await sluice.untilStatus('paused or over', (status) => {
      return status.generation === 2 && status.state in ENDS;
    });
    const end = ENDS[state];
    if (end !== undefined) return end;
    const step = (rollout?.step ?? 0) + 1;
    if (toCome === undefined || step !== atStep) await sluice.client.steer('promote', 'default', 'shop', { step });
    else {
      toCome();
      toCome = undefined;
      if (isNoticed) await sluice.untilStatus('it is noticed', isElsewhere);
    }
  }
}

function isElsewhere({ state, rollout }: Status): boolean {
  return state !== 'Paused' || rollout?.failedClusters !== undefined;
}

const ENDS: Readonly<Partial<Record<Status['state'], Story['end'] | undefined>>> = {
  Paused: undefined,
  Ready: 'completed',
  RolledBack: 'rolledBack',
  Held: 'held',
};

function stepsOf(first: number, published: readonly Published[]): Story['steps'] {
  const seen = new Map<string, Shares>();
  for (const [index, { generation, rollout }] of sluice.told.entries()) {
    if (index < first || generation !== 2) continue;
    const { shares = {} } = published.findLast(({ told }) => told <= index) ?? {};
    for (const step of (rollout?.steps ?? []).filter(hasBegun)) {
      const text = `${step.text}${cacheText(step.step)}`;
      if (!seen.has(text)) seen.set(text, serving(shares));
    }
  }
  return [...seen];
}

function hasBegun({ step, state, until }: StepStatus): boolean {
  if (step.kind === 'pause') return false;
  return step.kind === 'setWeight' ? state === 'done' || until !== undefined : state !== 'waiting';
}

function sharesOf(targets: readonly { readonly cluster: string; readonly share: number }[]): Shares {
  return Object.fromEntries(targets.map(({ cluster, share }) => [cluster, share]));
}

/** Clusters with share 0 and those that are not listed are alike. */
function serving(shares: Shares): Shares {
  return Object.fromEntries(Object.entries(shares).filter(([, share]) => share > 0));
}

function withoutRepeats(all: readonly Shares[]): readonly Shares[] {
  return all.map(serving).filter((shares, index, others) => !specEquals(shares, others[index - 1]));
}
