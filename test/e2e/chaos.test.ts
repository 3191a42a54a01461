import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/workflows/status.ts';
import { answering } from '../support/answering.ts';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, HTTP_ROUTE, V1_EAST, V2_EAST, V2_WEST } from '../support/documents.ts';
import { type Fault, FaultProxy } from '../support/fault-proxy.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

const name = 'chaos';
const playground = testPlayground();

/** Each with what the status says of it. */
const FAULTS: readonly (readonly [Fault, RegExp])[] = [
  [{ kind: 'closed' }, /ECONNREFUSED|ECONNRESET|socket hang up/],
  [{ kind: 'unauthorized' }, /answered 401/],
  [{ kind: 'tooManyRequests', retryAfterSeconds: 1 }, /answered 429/],
  [{ kind: 'internalError' }, /answered 500/],
  [{ kind: 'html' }, /answered 200 with text\/html/],
  [{ kind: 'slow', delayMs: 30_000 }, /no answer within/],
  [{ kind: 'blackHole' }, /no answer within/],
];

const BEFORE = [
  { ...V1_EAST, weight: 60 },
  { ...V1_EAST, name: 'v1-west', cluster: 'west', weight: 40 },
];
/** Both dials in two clusters, and a cluster that comes to it. */
const AFTER = [
  { ...V2_EAST, weight: 20 },
  { ...V2_WEST, name: 'v2-west', weight: 30 },
  { ...V2_WEST, name: 'v2-north', cluster: 'north', weight: 50 },
];
const CANARY = { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } };

describe('a canary over three clusters while the API server of one of them', () => {
  let sluice: TestSluice;
  let proxy: FaultProxy;
  const host = () => sluice.host('shop');

  beforeAll(async () => {
    proxy = await FaultProxy.start(playground.cluster('west'));
    sluice = await TestSluice.start({
      name,
      ports: { api: 18_145, dns: 15_345 },
      cluster: (cluster) => (cluster.name === 'west' ? { kubeconfig: proxy.kubeconfig } : {}),
    });
    await apply(BEFORE);
    await untilLive();
  });
  // A test that fails in the middle of a fault is no reason for the next one to.
  afterEach(() => proxy.become({ kind: 'pass' }));
  afterAll(async () => {
    await clearAndStop(sluice);
    await proxy?.stop();
  });

  function apply(backends: Parameters<typeof aFederatedIngress>[0]['backends'], strategy?: unknown) {
    const document = aFederatedIngress({ name, host: host(), leaf: HTTP_ROUTE, backends, strategy });
    return sluice.http.apply(document, {});
  }

  function untilLive(): Promise<Status> {
    return sluice.untilStatus(name, 'Ready', ({ state, generation, liveGeneration }) => {
      return state === 'Ready' && generation === liveGeneration;
    });
  }

  const untilHalf = () => sluice.untilStatus(name, 'half of the way', ({ state }) => state === 'Paused');
  const untilRolledBack = () => sluice.untilStatus(name, 'RolledBack', ({ state }) => state === 'RolledBack');

  /** The Services of a cluster's route with their weights in its first rule, by a client that no fault touches. */
  async function splitIn(cluster: string): Promise<string> {
    const refs = '{range .spec.rules[0].backendRefs[*]}{.name}={.weight} {end}';
    const args = ['get', 'httproute', name, '--ignore-not-found', '-o', `jsonpath=${refs}`];
    return (await new User(cluster).kubectl(args)).trim();
  }

  async function untilSplit(cluster: string, split: RegExp): Promise<void> {
    await until(async () => (split.test(await splitIn(cluster)) ? true : undefined), { what: `${cluster}: ${split}` });
  }

  /** No query is left without an answer while `body` runs. */
  async function whileAnswering(body: () => Promise<void>): Promise<void> {
    const addresses = playground.clusters.map(({ address }) => address);
    expect(await answering(sluice, { host: host(), addresses }, body)).toBeGreaterThan(0);
  }

  async function expectAnswersFrom(names: readonly string[]): Promise<void> {
    const counts = await sluice.dig.count(host(), 100);
    expect(Object.keys(counts).sort()).toEqual(names.map((one) => playground.cluster(one).address).sort());
  }

  /** Nothing of Sluice's is gone in the cluster, and it is answered with as before. */
  async function expectNothingPruned(uid: string): Promise<void> {
    expect(await new User('west').field('httproute', name, '.metadata.uid')).toBe(uid);
    await expectAnswersFrom(['east', 'west']);
  }

  describe.each(FAULTS)('is %o', (fault, words) => {
    it('the others go on, nothing is pruned, the status says who and why, and afterwards it goes on by itself', async () => {
      const uid = await new User('west').field('httproute', name, '.metadata.uid');
      await whileAnswering(async () => {
        await proxy.become(fault);
        await apply(AFTER, CANARY);
        const { message } = await sluice.untilStatus(name, 'the fault is shown', (status) => {
          return words.test(status.message) && status.message.includes('waiting for cluster west');
        });
        console.info(`${fault.kind}: ${message}`);
        await untilSplit('east', /shop=\d+ shop-v2=0/);
        await untilSplit('north', /shop-v2=1/);
        expect(await splitIn('west')).toBe('shop=1');
        await expectNothingPruned(uid);

        await proxy.become({ kind: 'pass' });
        await untilHalf();
        // Nor is it made anew by what was tried again and again.
        expect(await new User('west').field('httproute', name, '.metadata.uid')).toBe(uid);
        // Half of the way from 60, 40 to 20, 30, 50: v1 30 and v2 10 in east, 20 and 15 in west.
        expect([await splitIn('east'), await splitIn('west')]).toEqual([
          'shop=3000 shop-v2=1000',
          'shop=2000 shop-v2=1500',
        ]);
        await expectAnswersFrom(['east', 'west', 'north']);
      });
    });

    it('abort works meanwhile: nobody is sent to the new cluster, and the others are as before', async () => {
      await whileAnswering(async () => {
        await proxy.become(fault);
        await expectAnswersFrom(['east', 'west', 'north']);
        await sluice.http.steer('abort', 'default', name, { reason: 'a test' });
        const north = playground.cluster('north').address;
        const isBack = async () => ((await sluice.dig.count(host(), 50))[north] === undefined ? true : undefined);
        await until(isBack, { what: 'no answer with north' });
        await untilSplit('east', /^shop=6000 shop-v2=0$/);
        await proxy.become({ kind: 'pass' });
        await untilSplit('west', /^shop=4000 shop-v2=0$/);
        const { backends } = await untilRolledBack();
        expect(backends.filter(({ shareInForce }) => shareInForce > 0)).toMatchObject([
          { name: 'v1', shareInForce: 6_000 },
          { name: 'v1-west', shareInForce: 4_000 },
        ]);
      });
      await apply(BEFORE);
      await untilLive();
    });
  });

  it('is killed: DNS answers, the status says so, and it goes on when it is started again', async () => {
    const north = playground.cluster('north');
    await whileAnswering(async () => {
      await north.stopApiServer();
      try {
        await apply(AFTER, CANARY);
        const { message } = await sluice.untilStatus(name, 'the loss is shown', (status) => {
          return status.message.includes('waiting for cluster north');
        });
        console.info(`killed: ${message}`);
        await untilSplit('east', /shop=\d+ shop-v2=0/);
        await untilSplit('west', /shop=\d+ shop-v2=0/);
        await expectAnswersFrom(['east', 'west']);
      } finally {
        await north.startApiServer();
      }
      await untilHalf();
      await expectAnswersFrom(['east', 'west', 'north']);
      await sluice.http.steer('abort', 'default', name, {});
      await untilRolledBack();
      await apply(BEFORE);
      await untilLive();
    });
  });

  // No controller empties namespaces here, so it stays Terminating until the test finalizes it.
  it('refuses to create in a namespace that is terminating: the step says so, and traffic is taken back', async () => {
    const user = new User('north');
    await user.kubectl(['create', 'namespace', 'leaving']);
    try {
      await user.kubectl(['delete', 'namespace', 'leaving', '--wait=false']);
      await apply([...BEFORE, { ...V2_WEST, cluster: 'north', namespace: 'leaving', weight: 100 }], CANARY);
      const { rollout, history } = await untilRolledBack();
      expect(rollout?.outcome).toMatchObject({
        kind: 'rolledBack',
        reason: 'LeafRefused',
        message: expect.stringMatching(/namespace leaving because it is being terminated/),
      });
      expect(history.at(-2)?.message).toContain('leaving');
      await expectAnswersFrom(['east', 'west']);
    } finally {
      const finalized = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'leaving' } });
      await user.kubectl(['replace', '--raw', '/api/v1/namespaces/leaving/finalize', '-f', '-'], finalized);
    }
  });
});
