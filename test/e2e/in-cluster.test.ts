import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clearAndStop } from '../support/clear.ts';
import { aFederatedIngress, HTTP_ROUTE, V1_EAST, V2_EAST, V2_WEST } from '../support/documents.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { countThrough, sigmas, untilAllThrough } from '../support/through.ts';
import { User } from '../support/user.ts';

const REQUESTS = 2_000;
const STEPS = [{ pause: {} }, { setWeight: 10 }, { pause: {} }, { setWeight: 50 }, { pause: {} }];
const canary = (steps: readonly unknown[]) => ({ canary: { steps } });
const V3_WEST = { ...V2_WEST, name: 'v3' };

describe('two Services of one cluster behind one HTTPRoute', () => {
  let sluice: TestSluice;
  const name = 'in-cluster';
  const host = () => sluice.host('shop');
  const east = () => testPlayground().cluster('east');
  const gateway = (headers = {}) => ({ address: east().address, port: east().httpPort, host: host(), headers });

  beforeAll(async () => {
    sluice = await TestSluice.start({ name, ports: { api: 18_140, dns: 15_340 } });
  });
  afterAll(() => clearAndStop(sluice));

  function apply(backends: Parameters<typeof aFederatedIngress>[0]['backends'], steps?: readonly unknown[]) {
    const strategy = steps === undefined ? {} : { strategy: canary(steps) };
    return sluice.http.apply(aFederatedIngress({ name, host: host(), leaf: HTTP_ROUTE, backends, ...strategy }), {});
  }

  /** Waits until the pause after a step; `promoted` is how many pauses were left behind. */
  function untilPause(promoted: number) {
    return sluice.untilStatus(name, `pause ${promoted + 1}`, ({ state, rollout }) => {
      const pauses = rollout?.steps.filter(({ step }) => step.kind === 'pause') ?? [];
      return state === 'Paused' && pauses[promoted]?.state === 'running';
    });
  }

  function untilLive() {
    return sluice.untilStatus(name, 'Ready', ({ state, generation, liveGeneration }) => {
      return state === 'Ready' && generation === liveGeneration;
    });
  }

  async function expectShare(share: number): Promise<void> {
    const seen = await countThrough(gateway(), REQUESTS);
    const found = seen['v2 east'] ?? 0;
    expect((seen['v1 east'] ?? 0) + found).toBe(REQUESTS);
    const away = sigmas(found, { of: REQUESTS, share });
    console.info(`${REQUESTS} requests at ${share * 100} %: v2 ${found}, ${away.toFixed(2)} sigma away`);
    expect(away).toBeLessThanOrEqual(4);
  }

  /** Those of v1 and v2 in the rule that everybody comes under. */
  const weights = () => new User('east').field('httproute', name, '.spec.rules[0].backendRefs[*].weight');

  it('serves the first one at a Gateway that is there', async () => {
    await apply([V1_EAST]);
    const { backends } = await untilLive();
    expect(backends).toMatchObject([{ addresses: [east().address], leaf: { kind: 'HTTPRoute', name } }]);
    expect((await sluice.dig.ask(host())).values).toEqual([east().address]);
    await untilAllThrough(gateway(), REQUESTS, 'v1 east');
  });

  it('reaches the second one by header while its share is 0', async () => {
    await apply([V2_EAST], STEPS);
    await untilPause(0);
    await untilAllThrough(gateway(), REQUESTS, 'v1 east');
    // 2,000 requests do not tell a weight of 1 from none.
    expect(await weights()).toBe('10000 0');
    await untilAllThrough(gateway({ 'Sluice-Backend': 'v2' }), 200, 'v2 east');
    await untilAllThrough(gateway({ 'Sluice-Backend': 'v1' }), 200, 'v1 east');
  });

  it('splits 2,000 requests by the share of each step', async () => {
    await sluice.http.steer('promote', 'default', name, {});
    await untilPause(1);
    await expectShare(0.1);
    await sluice.http.steer('promote', 'default', name, {});
    const { backends } = await untilPause(2);
    expect(backends.map(({ shareInForce }) => shareInForce)).toEqual([5_000, 5_000]);
    await expectShare(0.5);
    expect((await sluice.dig.ask(host())).values).toEqual([east().address]);
  });

  it('takes all of it back by abort', async () => {
    await sluice.http.steer('abort', 'default', name, { reason: 'a test' });
    await sluice.untilStatus(name, 'RolledBack', ({ state }) => state === 'RolledBack');
    await untilAllThrough(gateway(), REQUESTS, 'v1 east');
    expect(await weights()).toBe('10000 0');
  });

  it('goes all the way, and the route knows the first one no more', async () => {
    await apply([V2_EAST]);
    await untilLive();
    await untilAllThrough(gateway(), REQUESTS, 'v2 east');
    const services = await new User('east').field('httproute', name, '.spec.rules[*].backendRefs[*].name');
    expect(services).toBe('shop-v2');
  });

  it('splits between clusters by DNS and inside one of them by the route, from the same shares', async () => {
    const wanted = [
      { ...V1_EAST, weight: 45 },
      { ...V2_EAST, weight: 15 },
      { ...V3_WEST, weight: 40 },
    ];
    await apply(wanted, [{ setWeight: 50 }, { pause: {} }]);
    await untilPause(0);
    // Half of the way from v2 alone: v1 22.5, v2 57.5, v3 20.
    await expectDials({ east: 800, v2InEast: 57.5 / 80 });
    await sluice.http.steer('promote', 'default', name, {});
    await untilLive();
    await expectDials({ east: 600, v2InEast: 0.25 });
  });

  async function expectDials({ east: ofThousand, v2InEast }: { east: number; v2InEast: number }): Promise<void> {
    const counts = await sluice.dig.count(host(), 1_000);
    // Stratified draws stay within one of the exact share in a window that begins anywhere, so within two.
    expect(Math.abs((counts[east().address] ?? 0) - ofThousand)).toBeLessThanOrEqual(2);
    await expectShare(v2InEast);
  }

  it('leaves nothing behind', async () => {
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
    for (const cluster of ['east', 'west']) {
      expect(await new User(cluster).get('httproute', name)).toBeUndefined();
    }
  });
});
