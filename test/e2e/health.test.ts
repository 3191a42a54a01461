import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { Kube } from '../support/kube.ts';
import { behave, testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

describe('health and routing, decided where DNS runs', () => {
  let sluice: TestSluice;
  const east = () => testPlayground().cluster('east');
  const west = () => testPlayground().cluster('west');
  const weights = (v1: number, v2: number) => [
    { ...V1_EAST, weight: v1 },
    { ...V2_WEST, weight: v2 },
  ];

  beforeAll(async () => {
    // The test asks from loopback, which is the region "here".
    const dns = { regions: { here: ['127.0.0.0/8'], elsewhere: ['198.51.100.0/24'] } };
    sluice = await TestSluice.start({ name: 'health', ports: { api: 18_111, dns: 15_311 }, dns });
    await apply({ backends: weights(70, 30) });
  });
  afterAll(() => sluice?.removeAndStop('shop'));
  afterEach(async () => {
    await behave(east().demo.v1Url, {});
    await behave(west().demo.v2Url, {});
    await untilAnswered(both());
  });

  const host = () => sluice.host('shop');
  const both = () => [east().address, west().address];

  async function apply(change: { readonly backends: ReturnType<typeof weights>; readonly routing?: unknown }) {
    await sluice.http.apply(aFederatedIngress({ name: 'shop', host: host(), ...change }), {});
    await sluice.untilStatus('shop', 'Ready', ({ state, generation, liveGeneration }) => {
      return state === 'Ready' && liveGeneration === generation;
    });
  }

  /** Which addresses 40 answers have between them. */
  async function answered(): Promise<readonly string[]> {
    return Object.keys(await sluice.dig.count(host(), 40)).sort();
  }

  async function untilAnswered(addresses: readonly string[]): Promise<void> {
    const wanted = [...addresses].sort().join();
    await until(async () => ((await answered()).join() === wanted ? true : undefined), {
      what: `answers are ${wanted}`,
    });
  }

  it('leaves a failing cluster out without any workflow, and takes it in again', async () => {
    await untilAnswered(both());
    const { revision } = await sluice.status('shop');
    await behave(west().demo.v2Url, { fail: true });
    await untilAnswered([east().address]);
    expect((await sluice.status('shop')).revision).toBe(revision);
    const explained = await sluice.cli('explain', host());
    expect(explained).toMatchObject({ code: 0, stdout: expect.stringMatching(/west.*down/) });
    await behave(west().demo.v2Url, {});
    await untilAnswered(both());
  });

  it('answers all when too much of the share would go', async () => {
    await behave(east().demo.v1Url, { fail: true });
    // East has 70 per cent: more than the half that may go.
    await until(
      async () => (await sluice.cli('explain', host())).stdout.includes('although east is down') || undefined,
      {
        what: 'east is known to be down',
      },
    );
    expect(await answered()).toEqual(both().sort());
  });

  it('changes between weighted, failover and geo in place', async () => {
    const kube = new Kube('east');
    const leaf = async () => {
      const names = (await kube.ingressNames()).filter((name) => name.includes('shop'));
      return Promise.all(names.map(async (name) => (await kube.ingress(name))?.metadata?.uid));
    };
    const before = await leaf();

    await apply({ backends: weights(70, 30), routing: { failover: { clusters: ['west', 'east'] } } });
    expect(await answered()).toEqual([west().address]);
    await behave(west().demo.v2Url, { fail: true });
    await untilAnswered([east().address]);
    await behave(west().demo.v2Url, {});
    await untilAnswered([west().address]);

    const regions = [
      { name: 'here', clusters: ['east'] },
      { name: 'elsewhere', clusters: ['west'] },
    ];
    await apply({ backends: weights(70, 30), routing: { geo: { regions } } });
    expect(await answered()).toEqual([east().address]);
    const far = await sluice.cli('explain', host(), '--subnet', '198.51.100.0/24');
    expect(far.stdout).toContain('for region elsewhere: always west');

    await apply({ backends: weights(70, 30), routing: { weighted: {} } });
    await untilAnswered(both());
    expect(await leaf()).toEqual(before);
  });
});
