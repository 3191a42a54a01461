import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFederatedIngress } from '../support/documents.ts';
import { applyToHub, clearHub, eventsOf, getFromHub, hubctl, inTurn, untilHub } from '../support/hub.ts';
import { giveKubeconfig, kubeconfigOf, registerCluster, unregisterClusters } from '../support/hub-clusters.ts';
import { Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';
import { until } from '../support/until.ts';

const LABELS = {
  east: { region: 'eu', size: 'big' },
  west: { region: 'us', size: 'small' },
  north: { region: 'eu', size: 'small' },
} as const;
const NAMES = ['east', 'west', 'north'] as const;
type Name = (typeof NAMES)[number];

const EU = { matchLabels: { region: 'eu' } };
const SERVICE = { name: 'shop', port: 8001 };
const TTL_MS = 1_000;

describe('backends placed by labels of Cluster objects', () => {
  let sluice: TestSluice;
  /** Of the object: its name may have had Events before. */
  let uid: string | undefined;
  const host = () => sluice.host('placed');
  const address = (name: Name) => testPlayground().cluster(name).address;

  beforeAll(async () => {
    sluice = await TestSluice.start({
      name: 'placement',
      ports: { api: 18_134, dns: 15_334 },
      hub: true,
      clusters: [],
    });
    for (const name of NAMES) {
      await giveKubeconfig(name, kubeconfigOf(name));
      await registerCluster(name, LABELS[name]);
    }
    for (const name of NAMES) await untilHub(`cluster.sluice.dev/${name}`, 'condition=Ready');
  });
  afterAll(() =>
    inTurn(
      () => clearHub('fi/placed', 'fi/spread'),
      () => unregisterClusters(...NAMES),
      async () => sluice?.stop(),
    ),
  );

  /** By one command: what is labelled half a second later is another placement. */
  async function label(names: Name | readonly Name[], ...labels: readonly string[]): Promise<void> {
    const clusters = [names].flat().map((name) => `cluster.sluice.dev/${name}`);
    await hubctl(['label', '--overwrite', ...clusters, ...labels]);
  }

  async function leavesOf(ingress: string): Promise<readonly Name[]> {
    const all = await Promise.all(NAMES.map(async (name) => ({ name, has: await new Kube(name).ingressNames() })));
    return all.filter(({ has }) => has.includes(ingress)).map(({ name }) => name);
  }

  /** Waits for a generation and its end. */
  async function untilGeneration(ingress: string, generation: number): Promise<void> {
    await untilHub(`fi/${ingress}`, `jsonpath={.status.generation}=${generation}`);
    await untilHub(`fi/${ingress}`, 'condition=Ready');
  }

  async function expectShares(shares: Partial<Record<Name, number>>): Promise<void> {
    const counts = await sluice.dig.count(host(), 400);
    for (const name of NAMES) {
      const wanted = (shares[name] ?? 0) * 4;
      expect(Math.abs((counts[address(name)] ?? 0) - wanted)).toBeLessThanOrEqual(wanted === 0 ? 0 : 2);
    }
  }

  it('go where the selector leads, with weights by label', async () => {
    const backend = { name: 'web', clusterSelector: EU, weight: 10, service: SERVICE };
    const clusterWeights = [{ matchLabels: { size: 'big' }, weight: 30 }];
    const backends = [{ ...backend, clusterWeights }];
    await applyToHub(aFederatedIngress({ name: 'placed', host: host(), backends }));
    await untilHub('fi/placed', 'condition=Ready');
    ({ uid } = (await getFromHub('fi/placed')).metadata);
    expect(await hubctl(['get', 'fi', 'placed', '-o', 'jsonpath={.status.shares}'])).toBe('east 75, north 25');
    await expectShares({ east: 75, north: 25 });
    expect(await leavesOf('placed')).toEqual(['east', 'north']);
    expect(await getFromHub('fi/placed')).toMatchObject({
      status: { backends: [{ name: 'web-east' }, { name: 'web-north' }] },
    });
  });

  it('come to a cluster that joins the selection by kubectl label: a rollout, and nobody has touched the object', async () => {
    const before = await getFromHub('fi/placed');
    await label('west', 'region=eu');
    await untilGeneration('placed', 2);
    await expectShares({ east: 60, west: 20, north: 20 });
    expect(await leavesOf('placed')).toEqual([...NAMES]);
    const { history, rollout } = await sluice.status('placed');
    const rolledOut = ['LeavesWritten', 'Shifted', 'Completed'];
    const expected = ['Applied', ...rolledOut, 'Placed', ...rolledOut];
    expect(history.map(({ action }) => action)).toEqual(expected);
    expect(history.find(({ action }) => action === 'Placed')?.message).toContain('joined: west');
    expect(rollout?.steps.map(({ step }) => step.kind)).toEqual(
      expect.arrayContaining(['applyLeaves', 'awaitReady', 'setWeight']),
    );
    const after = await getFromHub('fi/placed');
    expect(after.metadata.generation).toBe(before.metadata.generation);
    expect(after['spec']).toEqual(before['spec']);
  });

  it('get another share when a label gives another weight', async () => {
    await label('north', 'size=big');
    await untilGeneration('placed', 3);
    // 30 : 10 : 30
    await expectShares({ east: 42.86, west: 14.28, north: 42.86 });
  });

  it('leave a cluster that leaves the selection: share first, the leaf after the drain', async () => {
    await label('west', 'region=us');
    let drained = false;
    let servedAt = performance.now();
    const gone = async () => {
      const names = await new Kube('west').ingressNames();
      const counts = await sluice.dig.count(host(), 20);
      const served = (counts[address('west')] ?? 0) > 0;
      // Looked at first: the leaf was still there when the answers had stopped.
      if (names.includes('placed') && !served) drained = true;
      if (served) servedAt = performance.now();
      return names.includes('placed') ? undefined : true;
    };
    await until(gone, { what: 'the leaf in west removed' });
    expect(drained).toBe(true);
    // Whoever has cached the last answer that named west has forgotten it.
    expect(performance.now() - servedAt).toBeGreaterThanOrEqual(TTL_MS);
    await untilGeneration('placed', 4);
    await expectShares({ east: 50, north: 50 });
    expect(
      (await eventsOf('placed', uid)).find(({ reason, message }) => reason === 'Placed' && /left: west/.test(message)),
    ).toBeDefined();
  });

  it('stay where they are when no cluster is left, which is said', async () => {
    await label(['east', 'north'], 'region=none');
    await until(async () => (/PlacementHeld/.test(JSON.stringify(await eventsOf('placed', uid))) ? true : undefined), {
      what: 'an Event that the placement is held',
    });
    const { state, message } = await sluice.status('placed');
    expect(state).toBe('Ready');
    expect(message).toMatch(/the last placement stays: .*no registered cluster fulfils/);
    expect(await leavesOf('placed')).toEqual(['east', 'north']);
    expect((await sluice.dig.ask(host())).values).toHaveLength(1);
    await label(['east', 'north'], 'region=eu');
    await untilHub('fi/placed', 'jsonpath={.status.shares}=east 50, north 50');
    await untilHub('fi/placed', 'condition=Ready');
  });

  it('are spread over regions, and move as little as can be', async () => {
    const spread = { by: 'region', maxClusters: 2 };
    const backends = [{ name: 'web', clusterSelector: {}, spread, service: SERVICE }];
    await applyToHub(aFederatedIngress({ name: 'spread', host: sluice.host('spread'), backends }));
    await untilHub('fi/spread', 'condition=Ready');
    expect(await leavesOf('spread')).toEqual(['east', 'west']);

    // By name north would come first in its new region, but west is there already.
    await label('north', 'region=us');
    // The other placement has followed the label, so this one has looked at it as well.
    await untilHub('fi/placed', 'jsonpath={.status.shares}=east 100');
    await untilHub('fi/placed', 'condition=Ready');
    expect(await getFromHub('fi/spread')).toMatchObject({ status: { generation: 1, clusters: 'east,west' } });

    await label('west', 'region=eu');
    await untilHub('fi/spread', 'jsonpath={.status.clusters}=east,north');
    await untilHub('fi/spread', 'condition=Ready');
    expect(await leavesOf('spread')).toEqual(['east', 'north']);
  });
});
