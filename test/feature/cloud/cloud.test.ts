import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { at, conditionAt, listAt, textAt } from '../../../src/lib/kubernetes/fields.ts';
import type { AnyObject, Resource } from '../../../src/lib/kubernetes/objects.ts';
import { getObject, listObjects } from '../../../src/lib/kubernetes/requests.ts';
import { GATEWAY } from '../../../src/lib/kubernetes/resources.ts';
import { runCloudController } from '../../../src/planes/cloud/controller.ts';
import { CLOUD_RESOURCES } from '../../../src/planes/cloud/write.ts';
import { openFileStore } from '../../../src/planes/store/file-store.ts';
import { kubectl } from '../../support/kubectl.ts';
import { testPlayground } from '../../support/playground.ts';
import { until } from '../../support/until.ts';
import { installInHub, openHub, SILENT } from '../hub/open-hub.ts';
import { Crossplane } from './crossplane.ts';

const NEVER = new AbortController().signal;
const HOST = 'shop.cloud.test';
const OWNER = { namespace: 'default', name: 'shop' };
const MEMBERS = ['east', 'west'] as const;

async function apply(documents: readonly object[], kubeconfig: string): Promise<void> {
  const input = documents.map((document) => stringify(document)).join('---\n');
  const { code, stderr } = await kubectl(['apply', '-f', '-'], { kubeconfig, input });
  if (code !== 0) throw new Error(stderr);
}

async function applyFiles(files: readonly string[], kubeconfig: string): Promise<void> {
  const args = ['apply', '--server-side', ...files.flatMap((file) => ['-f', file])];
  const { code, stderr } = await kubectl(args, { kubeconfig });
  if (code !== 0) throw new Error(stderr);
  const definitions = await kubectl(['wait', '--for=condition=Established', ...files.flatMap((file) => ['-f', file])], {
    kubeconfig,
  });
  if (definitions.code !== 0) throw new Error(definitions.stderr);
}

beforeAll(async () => {
  const playground = testPlayground();
  const { definitions, hub } = playground;
  const cluster = (name: string) => playground.cluster(name);
  await installInHub();
  await applyFiles([definitions.gatewayApi, ...definitions.crossplane], hub.adminKubeconfig);
  for (const name of MEMBERS) await applyFiles([definitions.targetGroupBinding], cluster(name).adminKubeconfig);
  const namespaces = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'edge' } };
  for (const name of MEMBERS) await apply([namespaces], cluster(name).adminKubeconfig);
});

/** A hub with the cloud controller, with the rights of the installation; Crossplane and AWS are played. */
class Scene {
  readonly crossplane: Crossplane;
  readonly hub = openHub();
  readonly admin = openHub(testPlayground().hub.adminKubeconfig);
  readonly directory = mkdtempSync(join(tmpdir(), 'sluice-cloud-'));
  readonly store = openFileStore(this.directory);
  readonly registry = createClusterRegistry({ log: SILENT });
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  #revision = 1;

  constructor() {
    this.crossplane = new Crossplane(this.admin.hub);
    this.registry.set(
      'config',
      MEMBERS.map((name) => ({
        name,
        kubeconfig: { kind: 'file', path: testPlayground().cluster(name).kubeconfig },
        labels: {},
        gateway: { httpPort: 80, httpsPort: 443, cidrs: [] },
        classes: { ingress: {}, gateway: {} },
      })),
    );
  }

  start(): void {
    this.crossplane.start();
    const { store, registry } = this;
    const options = { hub: this.hub.hub, registry, store, namespace: 'sluice-system', log: SILENT };
    this.#running = runCloudController(options, this.#ending.signal);
  }

  async share(shares: Readonly<Record<string, number>>): Promise<void> {
    const claim = await this.store.claim(HOST, OWNER, 30);
    if (claim.kind !== 'claimed') throw new Error('somebody else has the hostname');
    this.#revision = Math.max(this.#revision, claim.current.revision) + 1;
    const targets = Object.entries(shares).map(([cluster, share]) => {
      return { cluster, share, addresses: ['192.0.2.1'], hostnames: [] };
    });
    await this.store.put({ ...claim.current, revision: this.#revision, targets });
  }

  async gateway(): Promise<AnyObject | undefined> {
    return await getObject(
      this.admin.hub,
      { resource: GATEWAY, namespace: 'default', name: 'shop' },
      { signal: NEVER },
    );
  }

  /** The message of a condition of the Gateway when it has this status. */
  async untilCondition(type: string, status: string, message: RegExp = /./): Promise<AnyObject> {
    const seen = async (): Promise<AnyObject | undefined> => {
      const gateway = await this.gateway();
      const condition = conditionAt(gateway, type, 'status', 'conditions');
      return condition?.status === status && message.test(condition.message) ? gateway : undefined;
    };
    return await until(seen, { what: `${type}=${status} ${String(message)}`, timeoutMs: 60_000 });
  }

  async objects(kind: keyof typeof CLOUD_RESOURCES, cluster?: string): Promise<readonly AnyObject[]> {
    const place = cluster === undefined ? this.admin.hub : this.registry.get(cluster);
    if (!place) throw new Error(`no cluster ${cluster}`);
    const resource: Resource<AnyObject> = CLOUD_RESOURCES[kind];
    const { items } = await listObjects(place, { resource }, { signal: NEVER });
    return items.filter(({ metadata }) => metadata.labels?.['test'] !== 'foreign');
  }

  async untilWeights(wanted: readonly number[]): Promise<void> {
    const seen = async (): Promise<true | undefined> => {
      const [listener] = await this.objects('Listener');
      const groups = listAt(listener, 'spec', 'forProvider', 'defaultActions', 0, 'forwardConfig', 'targetGroups');
      const weights = groups.map((group) => at(group, 'weight'));
      return JSON.stringify(weights) === JSON.stringify(wanted) ? true : undefined;
    };
    await until(seen, { what: `weights ${wanted.join(', ')}`, timeoutMs: 60_000 });
  }

  async deleteGateway(): Promise<void> {
    const { adminKubeconfig } = testPlayground().hub;
    await kubectl(['delete', 'gateway', 'shop', '--wait=false', '--ignore-not-found'], { kubeconfig: adminKubeconfig });
    const gone = async (): Promise<true | undefined> => ((await this.gateway()) ? undefined : true);
    await until(gone, { what: 'the gateway is gone', timeoutMs: 60_000 });
  }

  async stop(): Promise<void> {
    await this.deleteGateway();
    this.#ending.abort();
    await this.#running;
    await this.crossplane.stop();
    this.registry.close();
    this.hub.close();
    this.admin.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const GATEWAY_CLASS = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'GatewayClass',
  metadata: { name: 'sluice-aws' },
  spec: {
    controllerName: 'sluice.dev/aws',
    parametersRef: { group: '', kind: 'ConfigMap', namespace: 'sluice-system', name: 'aws' },
  },
};

const PARAMETERS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'sluice-system', name: 'aws' },
  data: {
    region: 'eu-west-1',
    subnets: 'subnet-1, subnet-2, subnet-3',
    vpcId: 'vpc-1',
    service: 'edge/envoy:80',
    drainSeconds: '1',
  },
};

const SHOP = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { namespace: 'default', name: 'shop' },
  spec: { gatewayClassName: 'sluice-aws', listeners: [{ name: 'web', port: 80, protocol: 'HTTP', hostname: HOST }] },
};

describe('a Gateway of class sluice-aws', () => {
  let scene: Scene;
  const hub = (): string => testPlayground().hub.adminKubeconfig;

  beforeEach(async () => {
    await apply([GATEWAY_CLASS, PARAMETERS], hub());
    scene = new Scene();
    await scene.share({ east: 9_000, west: 1_000 });
    scene.start();
  });
  afterEach(() => scene.stop());
  afterAll(async () => {
    await kubectl(['delete', 'gatewayclass', 'sluice-aws', '--ignore-not-found'], { kubeconfig: hub() });
  });

  it('gets its load balancer in order, each reference filled as soon as it is known', async () => {
    scene.crossplane.hold('LoadBalancer');
    scene.crossplane.hold('TargetGroup');
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'False', /waiting for the ARN of the load balancer/);
    expect(await scene.objects('Listener')).toEqual([]);

    scene.crossplane.letGo('LoadBalancer');
    await scene.untilCondition('Programmed', 'False', /waiting for the ARN of the target groups of east, west/);
    expect(await scene.objects('Listener')).toEqual([]);

    scene.crossplane.letGo('TargetGroup');
    const gateway = await scene.untilCondition('Programmed', 'True');
    const [loadBalancer] = await scene.objects('LoadBalancer');
    const [listener] = await scene.objects('Listener');
    expect(textAt(gateway, 'status', 'addresses', 0, 'value')).toBe(
      textAt(loadBalancer, 'status', 'atProvider', 'dnsName'),
    );
    expect(at(loadBalancer, 'spec', 'forProvider')).toMatchObject({
      region: 'eu-west-1',
      subnetMappings: [{ subnetID: 'subnet-1' }, { subnetID: 'subnet-2' }, { subnetID: 'subnet-3' }],
    });
    expect(at(listener, 'spec', 'forProvider')).toMatchObject({
      port: 80,
      protocol: 'HTTP',
      loadBalancerArn: textAt(loadBalancer, 'status', 'atProvider', 'loadBalancerARN'),
    });
    await scene.untilWeights([899, 100]);
  });

  it('binds the gateway of each member cluster to its target group', async () => {
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'True');
    for (const cluster of MEMBERS) {
      const [binding] = await scene.objects('TargetGroupBinding', cluster);
      expect(binding?.metadata.namespace).toBe('edge');
      expect(at(binding, 'spec')).toMatchObject({ serviceRef: { name: 'envoy', port: 80 }, targetType: 'ip' });
      const groups = await scene.objects('TargetGroup');
      const group = groups.find(({ metadata }) => metadata.annotations?.['sluice.dev/part'] === cluster);
      expect(textAt(binding, 'spec', 'targetGroupARN')).toBe(
        textAt(group, 'status', 'atProvider', 'targetGroups', 0, 'targetGroupARN'),
      );
    }
  });

  it('follows the shares of its hostname, and lets a cluster that has left go', async () => {
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'True');
    await scene.share({ east: 5_000, west: 5_000 });
    await scene.untilWeights([500, 500]);
    await scene.share({ east: 10_000 });
    await scene.untilWeights([999]);
    const left = async (): Promise<true | undefined> =>
      (await scene.objects('TargetGroupBinding', 'west')).length + (await scene.objects('TargetGroup')).length === 1
        ? true
        : undefined;
    await until(left, { what: 'nothing is left of west', timeoutMs: 60_000 });
  });

  it("says the provider's words when AWS refuses, and goes on when it does not any more", async () => {
    scene.crossplane.fail('TargetGroup', 'TooManyTargetGroups: the maximum number has been reached');
    await apply([SHOP], hub());
    await scene.untilCondition(
      'Programmed',
      'False',
      /the provider cannot make TargetGroup shop-east-\w+: TooManyTargetGroups/,
    );
    scene.crossplane.fail('TargetGroup', undefined);
    await scene.untilCondition('Programmed', 'True');
  });

  it('is taken down in reverse order, and is not gone before all of it is', async () => {
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'True');
    scene.crossplane.log.length = 0;
    await scene.deleteGateway();
    expect(scene.crossplane.log).toEqual([
      'gone Listener',
      'gone TargetGroup',
      'gone TargetGroup',
      'gone LoadBalancer',
    ]);
    for (const cluster of MEMBERS) expect(await scene.objects('TargetGroupBinding', cluster)).toEqual([]);
  });

  it('says what is wrong with its parameters and makes nothing', async () => {
    const { vpcId: _, ...data } = PARAMETERS.data;
    await kubectl(['replace', '-f', '-'], { kubeconfig: hub(), input: stringify({ ...PARAMETERS, data }) });
    await apply([SHOP], hub());
    await scene.untilCondition('Accepted', 'False', /ConfigMap sluice-system\/aws of GatewayClass sluice-aws: vpcId/);
    expect(await scene.objects('LoadBalancer')).toEqual([]);
    await apply([PARAMETERS], hub());
    await scene.untilCondition('Programmed', 'True');
  });

  it('leaves a load balancer of the same name that somebody else made alone', async () => {
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'True');
    const [ours] = await scene.objects('LoadBalancer');
    await scene.deleteGateway();
    const foreign = {
      apiVersion: 'elbv2.aws.crossplane.io/v1alpha1',
      kind: 'LoadBalancer',
      metadata: { name: ours?.metadata.name, labels: { test: 'foreign' } },
      spec: { forProvider: { name: 'theirs', region: 'eu-west-1' } },
    };
    await apply([foreign], hub());
    const ref = { resource: CLOUD_RESOURCES.LoadBalancer, name: ours?.metadata.name ?? '' };
    const before = await getObject(scene.admin.hub, ref, { signal: NEVER });
    await apply([SHOP], hub());
    await scene.untilCondition('Programmed', 'False', /exists already and Sluice did not make it/);
    const after = await getObject(scene.admin.hub, ref, { signal: NEVER });
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion);
    await kubectl(['delete', 'loadbalancers.elbv2.aws.crossplane.io', ref.name], { kubeconfig: hub() });
    await scene.untilCondition('Programmed', 'True');
  });
});
