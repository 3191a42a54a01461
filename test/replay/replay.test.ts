import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PlanStep } from '../../src/plan/types.ts';
import type { RollbackPolicy, Strategy } from '../../src/spec/rollout-types.ts';
import { VERSION } from '../../src/worker/version.ts';
import { WORKFLOW_CODE } from '../../src/worker/workflow-code/sources.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { readHistories, stored, wordsIn } from './stored.ts';

const STORED = stored();
const OF_THIS_RELEASE = STORED.filter(({ release }) => release === VERSION);

type Each<Kind extends string> = Readonly<Record<Kind, true>>;
/** All that there are, which the compiler sees to: a new one needs a scenario. */
const STRATEGIES: Each<Strategy['kind']> = { direct: true, canary: true, blueGreen: true };
const STEPS: Each<PlanStep['kind']> = {
  applyLeaves: true,
  awaitReady: true,
  setTtl: true,
  setWeight: true,
  pause: true,
  verify: true,
  removeLeaves: true,
};
const WAYS_BACK: Each<RollbackPolicy['kind']> = { atOnce: true, byEndpoints: true };

/**
 * Runs of real rollouts, recorded by `npm run histories`. Today's workflow code has to make the same decisions, or rollouts
 * that are under way would break when Sluice is upgraded.
 */
describe('replay of stored histories', () => {
  /** What came of each run, by file. */
  const outcomes = new Map<string, (Error | undefined)[]>();

  beforeAll(async () => {
    const logger = new DefaultLogger('ERROR');
    Runtime.install({ logger });
    const workflowBundle = await bundleWorkflowCode({ ...WORKFLOW_CODE, logger });
    const all = STORED.flatMap((histories) => readHistories(histories).map((history) => ({ histories, history })));
    // One worker for all of them, which replays one after the other.
    const workflowId = 'federatedingress/default/shop';
    const replayed = Worker.runReplayHistories(
      { workflowBundle },
      all.map(({ history }) => ({ workflowId, history })),
    );
    for (const { histories } of all) {
      const { value } = await replayed.next();
      outcomes.set(histories.file, [...(outcomes.get(histories.file) ?? []), value?.error]);
    }
    await replayed.return?.(undefined);
  }, 300_000);

  it.each(STORED)('$release: $name', ({ file }) => {
    const runs = outcomes.get(file) ?? [];
    expect(runs.length).toBeGreaterThan(0);
    for (const error of runs) if (error) throw error;
  });
});

describe('the stored histories of this release', () => {
  it('are those of all scenarios', () => {
    expect(OF_THIS_RELEASE.map(({ name }) => name).toSorted()).toEqual(SCENARIOS.map(({ name }) => name).toSorted());
  });

  it('hold every kind of strategy, of step and of way back', () => {
    const words = new Set(OF_THIS_RELEASE.flatMap((histories) => [...wordsIn(readHistories(histories))]));
    const kinds = Object.keys({ ...STRATEGIES, ...STEPS, ...WAYS_BACK });
    expect(kinds.filter((kind) => !words.has(kind))).toEqual([]);
  });

  it.each(OF_THIS_RELEASE)('tell in $name what it is stored for', (histories) => {
    const words = wordsIn(readHistories(histories));
    const { holds = [] } = SCENARIOS.find(({ name }) => name === histories.name) ?? {};
    expect(holds.filter((word) => !words.has(word))).toEqual([]);
  });
});
