import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { workflowId } from '../../src/spec/names.ts';
import type { Status } from '../../src/workflows/status.ts';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, HTTP_ROUTE } from '../support/documents.ts';
import {
  badAnswers,
  mute,
  pausesNobodyEnded,
  removedTooEarly,
  rolloutsOf,
  shiftsMissedOrRepeated,
  stepsUndone,
  strayShares,
  wrongSums,
} from '../support/faults/judge.ts';
import { Person } from '../support/faults/person.ts';
import { faultPlan, type Round } from '../support/faults/plan.ts';
import { risenUnready } from '../support/faults/risen.ts';
import { type Sample, Watcher } from '../support/faults/watcher.ts';
import { workflowFacts } from '../support/faults/workflow-history.ts';
import { World } from '../support/faults/world.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

/**
 * The same in every run, so that a red build is red again; `SLUICE_FAULT_SEED=random` or a number looks elsewhere. Of this
 * one every kind of strike comes, and the cluster that is away while a person aborts has traffic to take back inside.
 */
const DEFAULT_SEED = 73;
const ROUNDS = Number(process.env['SLUICE_FAULT_ROUNDS'] ?? 3);
const ROUND_TIMEOUT_MS = 300_000;
const TTL_SECONDS = 1;
const name = 'faults';

type Aborts = Extract<Round['person'], { readonly kind: 'aborts' }>;
/** By cluster. */
type Shares = Readonly<Record<string, number>>;

const seed = seedOf(process.env['SLUICE_FAULT_SEED']);
const plan = faultPlan(seed, ROUNDS);
console.info(`SLUICE_FAULT_SEED=${seed}: ${plan.leaf}`);

function seedOf(given: string | undefined): number {
  if (given === undefined) return DEFAULT_SEED;
  return given === 'random' ? Math.floor(Math.random() * 0x1_0000_0000) : Number(given);
}

/** Numbers are those of DESIGN section 12. */
describe('invariants while faults strike at random moments', () => {
  let sluice: TestSluice;
  let world: World;
  let watcher: Watcher;
  let person: Person;
  let last: Status;
  /** How each rollout ended, whether or not it was sampled then. */
  const ends: Sample[] = [];
  const playground = testPlayground();
  const host = () => sluice.host('shop');
  const addressOf = (cluster: string): string => playground.cluster(cluster).address;

  beforeAll(async () => {
    world = await World.start();
    sluice = await TestSluice.start({
      name,
      ports: { api: 18_150, dns: 15_350 },
      cluster: (cluster) => ({ kubeconfig: world.proxy(cluster.name).kubeconfig }),
    });
    world.sluice = sluice;
    person = new Person(sluice, name);
    const [first] = plan.rounds;
    // Other weights than those of the first round, so that its shares move.
    await person.apply(document((first?.backends ?? []).map((backend) => ({ ...backend, weight: 1 }))));
    expect((await person.accompany()).state).toBe('Ready');
    const clusters = playground.clusters.map((cluster) => cluster.name);
    watcher = new Watcher(sluice, { host: host(), name, kind: plan.leaf, clusters });
    await watcher.start();
  });
  // A round that fails in the middle of a fault is no reason for the next one to.
  afterEach(() => world.pass());
  afterAll(async () => {
    await watcher?.stop();
    await clearAndStop(sluice);
    await world?.stop();
  });

  function document(backends: Round['backends'], steps?: Round['steps']): object {
    const leaf = plan.leaf === 'HTTPRoute' ? { leaf: HTTP_ROUTE } : {};
    const strategy = steps === undefined ? {} : { strategy: { canary: { steps } } };
    const made = aFederatedIngress({ name, host: host(), backends, ttl: `${TTL_SECONDS}s`, ...leaf, ...strategy });
    const { spec } = made;
    // Few answers are enough to tell: a watcher alone asks.
    const rollout = { measured: { tolerance: 25, within: '10s' } };
    return { ...made, spec: { ...(spec as object), rollout } };
  }

  const shares = (): Shares =>
    Object.fromEntries(
      (watcher.newest?.targets ?? []).filter(({ share }) => share > 0).map(({ cluster, share }) => [cluster, share]),
    );

  /** Invariant 5: traffic goes back while a cluster is away; and once more. */
  async function abortTwice({ after, cluster, fault }: Aborts, before: Shares): Promise<void> {
    for (const verb of ['apply', 'retry'] as const) {
      if (verb === 'retry') await retry();
      await watcher.moments(after);
      await world.proxy(cluster).become(fault);
      const outcomes = await person.twice('abort', { reason: `after ${verb}` });
      for (const outcome of outcomes) expect(outcome).toMatch(/^done$|a rollback is under way|no rollout is under way/);
      const isBack = () => (JSON.stringify(shares()) === JSON.stringify(before) ? true : undefined);
      await until(isBack, { what: `shares ${JSON.stringify(before)} with ${cluster} away` });
      await world.proxy(cluster).become({ kind: 'pass' });
      ends.push({ status: await person.untilState('RolledBack'), isStale: false });
    }
    await retry();
  }

  /** The answer to one that was carried out may be lost. */
  async function retry(): Promise<void> {
    expect(await person.steer('retry')).toMatch(/^done$|a rollout is under way/);
  }

  async function act({ person: is }: Round, before: Shares): Promise<void> {
    if (is.kind === 'aborts') return await abortTwice(is, before);
    await watcher.moments(is.after);
    if (is.kind === 'promotes') return;
    await person.twice('pause');
    await watcher.moments(20);
    await person.twice('resume');
  }

  it.each(plan.rounds)('8: converges without a human: $title', { timeout: ROUND_TIMEOUT_MS }, async (round) => {
    const before = shares();
    await person.apply(document(round.backends, round.steps));
    const both = [world.strike(round, watcher), act(round, before)];
    // What is begun is brought to its end, or it would go on in the next round.
    await Promise.allSettled(both);
    await Promise.all(both);
    await world.settled();
    last = await person.accompany();
    ends.push({ status: last, isStale: false });
    expect(last.state, last.message).toBe('Ready');
    expect(last.liveGeneration).toBe(last.generation);
  });

  it('1: shares always sum to 10,000, and no step is applied twice or skipped', async () => {
    const rollouts = rolloutsOf([...watcher.samples, ...ends]);
    expect(rollouts.length).toBeGreaterThanOrEqual(ROUNDS);
    expect(wrongSums(watcher.states.values())).toEqual([]);
    expect(stepsUndone(watcher.samples)).toEqual([]);
    expect(shiftsMissedOrRepeated(rollouts, last.history)).toEqual([]);
    expect(strayShares(rollouts, [...watcher.states.values()])).toEqual([]);
    expect(pausesNobodyEnded(rollouts, last.history)).toEqual([]);
  });

  it('2: a share only rises for a backend that was seen ready after it was written', async () => {
    const { rises, wrong } = risenUnready(await workflowFacts(name, workflowId('default', name)));
    expect(rises).toBeGreaterThanOrEqual(ROUNDS);
    expect(wrong).toEqual([]);
  });

  it('3, 4: DNS answers everything through all of it', () => {
    const known = playground.clusters.map(({ address }) => address);
    expect(watcher.answers.length).toBeGreaterThan(0);
    expect(badAnswers(watcher.answers, known)).toEqual([]);
  });

  it('6: a leaf is removed when no answer that leads to it can be cached any more', () => {
    expect(watcher.removals.length).toBeGreaterThan(0);
    expect(removedTooEarly(watcher.removals, watcher.answers, { ttlSeconds: TTL_SECONDS, addressOf })).toEqual([]);
  });

  it('7: every status that was seen says in words what it waits for', () => {
    expect(watcher.samples.length).toBeGreaterThan(0);
    expect(mute(watcher.samples)).toEqual([]);
  });
});
