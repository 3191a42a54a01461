import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkCluster, followHubClusters, runClusterController } from '../../../src/hub/clusters.ts';
import { install } from '../../../src/hub/install.ts';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { conditionAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject, ObjectRef } from '../../../src/lib/kubernetes/objects.ts';
import { applyObject, askVersion, deleteObject, getObject } from '../../../src/lib/kubernetes/requests.ts';
import { CLUSTER, SECRET } from '../../../src/lib/kubernetes/resources.ts';
import { FaultProxy } from '../../support/fault-proxy.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { installInHub, type OpenHub, openHub, SILENT, uniqueName } from './open-hub.ts';

const SOON = { timeout: 60_000, interval: 20 };
const NEVER = new AbortController().signal;
const NAMESPACE = 'sluice-system';
const LABEL = 'sluice.dev/kubeconfig';

let admin: OpenHub;
let sluice: OpenHub;

beforeAll(async () => {
  await installInHub();
  const { adminKubeconfig } = testPlayground().cluster('east');
  await install({ members: [{ kubeconfig: adminKubeconfig }], user: 'sluice', signal: AbortSignal.timeout(60_000) });
  [admin, sluice] = [openHub(testPlayground().hub.adminKubeconfig), openHub()];
});

afterAll(() => {
  admin.close();
  sluice.close();
});

/** One process of Sluice that follows the clusters and checks them, with the rights of the installation. */
class Scene {
  readonly registry = createClusterRegistry({ log: SILENT });
  readonly #ending = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #made: ObjectRef<AnyObject>[] = [];

  constructor() {
    const options = { hub: sluice.hub, registry: this.registry, namespace: NAMESPACE, log: SILENT, pingMs: 200 };
    const { signal } = this.#ending;
    this.#running = Promise.all([followHubClusters(options, signal), runClusterController(options, signal)]);
  }

  async apply(
    ref: ObjectRef<AnyObject>,
    content: object,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { apiVersion, kind } = ref.resource;
    const metadata = { name: ref.name, ...(ref.namespace !== undefined && { namespace: ref.namespace }), labels };
    const manifest = { apiVersion, kind, metadata, ...content };
    this.#made.push(ref);
    await applyObject(admin.hub, ref, { manifest, fieldManager: 'test', force: true, signal: NEVER });
  }

  async secret(name: string, text: string): Promise<void> {
    const ref = { resource: SECRET, namespace: NAMESPACE, name };
    await this.apply(ref, { stringData: { kubeconfig: text } }, { [LABEL]: 'true' });
  }

  async cluster(name: string, spec: object = {}, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const kubeconfig = { secretRef: { name } };
    await this.apply({ resource: CLUSTER, name }, { spec: { kubeconfig, ...spec } }, labels);
  }

  async remove(ref: ObjectRef<AnyObject>): Promise<void> {
    const found = await getObject(admin.hub, ref, { signal: NEVER });
    if (found) await deleteObject(admin.hub, ref, { uid: found.metadata.uid, signal: NEVER });
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    this.registry.close();
    for (const ref of this.#made) await this.remove(ref);
  }
}

let scene: Scene;
let name: string;

beforeEach(() => {
  scene = new Scene();
  name = uniqueName('east');
});

afterEach(() => scene.close());

async function kubeconfigOf(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

async function statusOf(cluster: string): Promise<AnyObject | undefined> {
  return getObject(admin.hub, { resource: CLUSTER, name: cluster }, { signal: NEVER });
}

/** Waits until a condition says this; gives its message. */
async function becomes(cluster: string, type: string, status: string, reason: string): Promise<string> {
  return vi.waitFor(async () => {
    const found = conditionAt(await statusOf(cluster), type, 'status', 'conditions');
    expect(found).toMatchObject({ status, reason });
    return found?.message ?? '';
  }, SOON);
}

describe('a Cluster in the hub', () => {
  it('is registered with the kubeconfig of its Secret, checked, and Ready for kubectl wait', async () => {
    await scene.secret(name, await kubeconfigOf(testPlayground().cluster('east').kubeconfig));
    await scene.cluster(name, { gateway: { httpPort: 8088, cidrs: ['127.0.0.0/8'] } }, { region: 'eu' });
    const hub = { kubeconfig: testPlayground().hub.adminKubeconfig };
    const waited = await kubectl(['wait', '--for=condition=Ready', '--timeout=20s', `cluster.sluice.dev/${name}`], hub);
    expect(waited).toMatchObject({ code: 0 });
    const status = await statusOf(name);
    expect(status).toMatchObject({ status: { observedGeneration: 1, missingRights: [], surplusRights: [] } });
    const cluster = scene.registry.get(name);
    expect(cluster).toMatchObject({ labels: { region: 'eu' }, gateway: { httpPort: 8088, httpsPort: 443 } });
    if (cluster === undefined) throw new Error('it is not registered');
    expect(textAt(status, 'status', 'version')).toBe(await askVersion(cluster, { signal: NEVER }));

    await scene.cluster(name, {}, { region: 'us' });
    await vi.waitFor(() => expect(scene.registry.get(name)?.labels).toEqual({ region: 'us' }), SOON);
    await scene.remove({ resource: CLUSTER, name });
    await vi.waitFor(() => expect(scene.registry.get(name)).toBeUndefined(), SOON);
  });

  it('says why a kubeconfig is not accepted, goes on with the last good one, and takes a new one when it comes', async () => {
    const text = await kubeconfigOf(testPlayground().cluster('east').kubeconfig);
    await scene.cluster(name);
    expect(await becomes(name, 'Ready', 'False', 'KubeconfigMissing')).toContain(`${NAMESPACE}/${name}`);
    await scene.secret(name, text);
    await becomes(name, 'Ready', 'True', 'Usable');

    await scene.secret(name, text.replace(/token: .*/, 'exec: { command: id }'));
    const message = await becomes(name, 'Ready', 'False', 'KubeconfigRefused');
    expect(message).toMatch(/exec is refused.*the last credentials that were good are used/);
    await becomes(name, 'Reachable', 'True', 'Answers');
    const cluster = scene.registry.get(name);
    if (cluster === undefined) throw new Error('it is not registered any more');
    expect(await askVersion(cluster, { signal: NEVER })).toMatch(/^v1\./);

    await scene.secret(name, text.replace(/token: .*/, 'token: revoked'));
    await becomes(name, 'Ready', 'False', 'Unauthorized');
    await scene.secret(name, text);
    await becomes(name, 'Ready', 'True', 'Usable');
  });

  it('lacks rights: not Ready, and they are listed; has too many: Ready, with a warning', async () => {
    await scene.secret(name, await kubeconfigOf(testPlayground().hub.kubeconfig));
    await scene.cluster(name);
    const message = await becomes(name, 'Ready', 'False', 'RightsMissing');
    expect(message).toContain('services: get, list, watch');
    expect(await statusOf(name)).toMatchObject({
      status: {
        missingRights: expect.arrayContaining([
          'services: get, list, watch, create, patch, delete',
          'endpointslices.discovery.k8s.io: list, watch',
        ]),
      },
    });
    await becomes(name, 'Reachable', 'True', 'Answers');

    await scene.secret(name, await kubeconfigOf(testPlayground().cluster('east').adminKubeconfig));
    expect(await becomes(name, 'Ready', 'True', 'SurplusRights')).toContain('everything (cluster-admin)');
    expect(await statusOf(name)).toMatchObject({
      status: { missingRights: [], surplusRights: ['everything (cluster-admin)'] },
    });
  });

  it("may be a context of the hub's own kubeconfig", async () => {
    await scene.cluster(name, { kubeconfig: { context: 'hub' } });
    await becomes(name, 'Reachable', 'True', 'Answers');
    const other = uniqueName('other');
    await scene.cluster(other, { kubeconfig: { context: 'nowhere' } });
    expect(await becomes(other, 'Ready', 'False', 'KubeconfigRefused')).toContain('nowhere');
  });

  it('that hangs is not reachable, and slows down no other', async () => {
    const proxy = await FaultProxy.start(testPlayground().cluster('east'));
    const healthy = uniqueName('healthy');
    await scene.secret(name, await kubeconfigOf(proxy.kubeconfig));
    await scene.cluster(name);
    await becomes(name, 'Ready', 'True', 'Usable');
    await proxy.become({ kind: 'blackHole' });
    await scene.secret(healthy, await kubeconfigOf(testPlayground().cluster('east').kubeconfig));
    const before = performance.now();
    await scene.cluster(healthy);
    await becomes(healthy, 'Ready', 'True', 'Usable');
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(await becomes(name, 'Reachable', 'False', 'DeadlineExceeded')).toContain('no answer within 5 s');
    await becomes(name, 'Ready', 'False', 'DeadlineExceeded');
    await proxy.become({ kind: 'pass' });
    await becomes(name, 'Ready', 'True', 'Usable');
    await proxy.stop();
  });

  it('whose name the settings have is left out, and says so', async () => {
    await scene.secret(name, await kubeconfigOf(testPlayground().cluster('east').kubeconfig));
    const own = { kind: 'file', path: testPlayground().cluster('west').kubeconfig } as const;
    const gateway = { httpPort: 80, httpsPort: 443, cidrs: [] };
    const classes = { ingress: {}, gateway: {} };
    scene.registry.set('config', [{ name, kubeconfig: own, labels: {}, gateway, classes }]);
    await scene.cluster(name);
    await becomes(name, 'Ready', 'False', 'NameTaken');
    expect(scene.registry.get(name)?.kubeconfig).toEqual(own);
  });
});

describe('the check of a cluster of the settings file', () => {
  it('tells version and rights', async () => {
    const east = openHub(testPlayground().cluster('east').kubeconfig);
    const check = await checkCluster(east.hub, { signal: NEVER });
    east.close();
    expect(check).toMatchObject({ kind: 'checked', missing: [], surplus: [] });
  });
});
