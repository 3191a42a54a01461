import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionAt } from '../../src/lib/kubernetes/fields.ts';
import { aFederatedIngress, type DocumentBackend, V1_EAST, V2_WEST } from '../support/documents.ts';
import { annotate, applyToHub, clearHub, getFromHub, hubctl, inTurn, untilHub } from '../support/hub.ts';
import {
  giveKubeconfig,
  kubeconfigOf,
  MemberAccount,
  registerCluster,
  unregisterClusters,
} from '../support/hub-clusters.ts';
import { Kube } from '../support/kube.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice } from '../support/sluice.ts';

const WEST = 'cluster.sluice.dev/west';
const V1_WEST: DocumentBackend = { ...V1_EAST, name: 'v1', cluster: 'west' };

describe('a Cluster in the hub', () => {
  let sluice: TestSluice;
  let account: MemberAccount;
  const host = () => sluice.host('member');

  beforeAll(async () => {
    sluice = await TestSluice.start({
      name: 'hubclusters',
      ports: { api: 18_133, dns: 15_333 },
      hub: true,
      clusters: ['east'],
    });
    account = await MemberAccount.make('west', 'sluice-rotated');
  });
  afterAll(() =>
    inTurn(
      async () => account?.remove(),
      () => giveKubeconfig('west', kubeconfigOf('west')),
      () => clearHub('fi/member', 'fi/early'),
      () => unregisterClusters('west'),
      async () => sluice?.stop(),
    ),
  );

  /** Waits for a reason of the condition Ready; gives its message. */
  async function untilReason(reason: string): Promise<string> {
    await untilHub(WEST, `jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`);
    const ready = conditionAt(await getFromHub(WEST), 'Ready', 'status', 'conditions');
    return ready?.message ?? '';
  }

  /** Serves the FederatedIngress by this backend, from its leaf to DNS. */
  async function serveBy(backend: DocumentBackend): Promise<void> {
    await applyToHub(aFederatedIngress({ name: 'member', host: host(), backends: [backend] }));
    await untilHub('fi/member', `jsonpath={.status.shares}=${backend.cluster} 100`);
    await untilHub('fi/member', 'condition=Ready');
    expect(await sluice.dig.count(host(), 50)).toEqual({
      [testPlayground().cluster(backend.cluster ?? '').address]: 50,
    });
    const leaf = await new Kube(backend.cluster ?? '').ingress('member');
    expect(JSON.stringify(leaf?.spec)).toContain(`"${backend.service.name}"`);
  }

  it('is missed by a FederatedIngress that names it before it is there', async () => {
    await applyToHub(aFederatedIngress({ name: 'early', host: sluice.host('early'), backends: [V1_WEST] }));
    await untilHub('fi/early', 'condition=Accepted=False');
    const accepted = conditionAt(await getFromHub('fi/early'), 'Accepted', 'status', 'conditions');
    // What is meant may well be east, and what is allowed is said all the same.
    expect(accepted?.message).toMatch(/found "west", which is not a registered cluster.* allowed: east/);
  });

  it('with too few rights is reached but not Ready, and shows those that are missing', async () => {
    await giveKubeconfig('west', await account.kubeconfig());
    await registerCluster('west');
    expect(await untilReason('RightsMissing')).toContain('ingresses');
    await untilHub(WEST, 'condition=Reachable');
    const object = await getFromHub(WEST);
    expect(object).toMatchObject({
      status: {
        missingRights: expect.arrayContaining([expect.stringMatching(/^ingresses.*: .*patch/)]),
        surplusRights: [],
        version: expect.stringMatching(/^v1\./),
      },
    });
    expect(await hubctl(['get', 'scl'])).toMatch(/NAME +READY +REACHABLE +VERSION +AGE\s+west +False +True +v1\./);
  });

  it('with too few rights fails a rollout that needs them, in words', async () => {
    await untilHub('fi/early', 'jsonpath={.status.state}=Failed');
    const ready = conditionAt(await getFromHub('fi/early'), 'Ready', 'status', 'conditions');
    expect(ready).toMatchObject({ status: 'False', reason: 'LeafRefused' });
    expect(ready?.message).toMatch(/cluster west: .*403.*sluice-rotated.*retry begins again/);
  });

  it('becomes Ready with the rights, and serves what has asked for it', async () => {
    await account.allow();
    await untilHub(WEST, 'condition=Ready');
    expect(await untilReason('Usable')).toContain('no others');
    expect(conditionAt(await getFromHub(WEST), 'Ready', 'status', 'conditions')).toMatchObject({
      observedGeneration: 1,
    });
    await annotate('fi/early', 'retry', '1');
    await untilHub('fi/early', 'condition=Ready');
    expect(await sluice.dig.count(sluice.host('early'), 50)).toEqual({
      [testPlayground().cluster('west').address]: 50,
    });
    await clearHub('fi/early');
  });

  it('serves a FederatedIngress with the credentials of its Secret', () => serveBy(V1_WEST));

  it('is worked on with new credentials of the Secret, when the old ones are worth nothing any more', async () => {
    await giveKubeconfig('west', kubeconfigOf('west', 'admin'));
    expect(await untilReason('SurplusRights')).toContain('everything (cluster-admin)');
    await untilHub(WEST, 'condition=Ready');
    expect(await getFromHub(WEST)).toMatchObject({ status: { surplusRights: ['everything (cluster-admin)'] } });
    await account.remove();
    // Away from it and back: a leaf is removed there, and another one is made.
    await serveBy(V1_EAST);
    expect(await new Kube('west').ingressNames()).not.toContain('member');
    await serveBy(V2_WEST);

    await giveKubeconfig('west', kubeconfigOf('west'));
    await untilReason('Usable');
    expect(await getFromHub(WEST)).toMatchObject({ status: { missingRights: [], surplusRights: [] } });
    expect(await sluice.status('member')).toMatchObject({ state: 'Ready' });
  });

  it('says what is wrong with a broken Secret, and goes on with the credentials that were good last', async () => {
    await giveKubeconfig('west', 'no kubeconfig at all');
    const message = await untilReason('KubeconfigRefused');
    expect(message).toContain('Secret sluice-system/west');
    expect(message).toContain('the last credentials that were good are used');
    await untilHub(WEST, 'condition=Reachable');
    await serveBy(V1_EAST);
    await serveBy(V1_WEST);

    await giveKubeconfig('west', kubeconfigOf('west'));
    await untilReason('Usable');
  });
});
