import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clear, clearAndStop } from '../support/clear.ts';
import { aFederatedIngress } from '../support/documents.ts';
import { Listeners } from '../support/listeners.ts';
import { NameServer } from '../support/name-server.ts';
import { otherAddress } from '../support/other-address.ts';
import { testPlayground } from '../support/playground.ts';
import { TestSluice, usualGateway } from '../support/sluice.ts';
import { countThrough } from '../support/through.ts';
import { until } from '../support/until.ts';
import { User } from '../support/user.ts';

/** Nodes and load balancers are played: objects that the test makes in real API servers, and servers at their addresses. */
const east = testPlayground().cluster('east');
const west = testPlayground().cluster('west');
const user = new User('east');
const nodes = { 'e2e-node-a': otherAddress(east, 2), 'e2e-node-b': otherAddress(east, 3) };
const listeners = new Listeners();
const PORT = 8_090;

function service(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec };
}

const WORKLOAD = service('e2e-web', {
  selector: { app: 'e2e-web' },
  ports: [{ name: 'http', port: PORT, targetPort: 8_080 }],
});

function ready(isReady: boolean): object {
  return { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', reason: 'Test', message: '' }] };
}

function node(name: string, address: string): object {
  const status = { addresses: [{ type: 'InternalIP', address }], ...ready(true) };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, status };
}

describe('leaves of kind Service', () => {
  let sluice: TestSluice;
  let names: NameServer;
  const host = () => sluice.host('web');
  const backend = { name: 'v1', cluster: 'east', service: { name: 'e2e-web', port: PORT }, weight: 1 };

  beforeAll(async () => {
    names = await NameServer.start(otherAddress(east, 9));
    const cluster = (one: typeof east) => ({ gateway: { ...usualGateway(one), cidrs: ['127.0.0.0/8'] } });
    const ports = { api: 18_141, dns: 15_341 };
    sluice = await TestSluice.start({ name: 'leaf-services', ports, cluster, environment: names.environment() });
    await user.create(...Object.entries(nodes).map(([name, address]) => node(name, address)));
    for (const name of Object.keys(nodes)) await user.writeStatus('node', name, ready(true));
  });
  afterAll(async () => {
    await clearAndStop(sluice);
    await names?.stop();
    await user.remove('node', ...Object.keys(nodes));
  });
  afterEach(async () => {
    await clear(sluice);
    await listeners.close();
    for (const name of ['east', 'west']) await new User(name).remove('service', 'e2e-web', 'lb-edge', 'ports-edge');
  });

  function apply(name: string, type: string | undefined, backends = [backend]) {
    const leaf = { kind: 'Service', ...(type === undefined ? {} : { type }) };
    return sluice.http.apply(aFederatedIngress({ name, host: host(), leaf, backends }), {});
  }

  const untilReady = (name: string) => sluice.untilStatus(name, 'Ready', ({ state }) => state === 'Ready');

  async function untilAnswered(addresses: readonly string[]): Promise<void> {
    const wanted = [...addresses].sort().join();
    const asked = async () => ([...(await sluice.dig.ask(host())).values].sort().join() === wanted ? true : undefined);
    await until(asked, { what: `answer ${wanted}` });
  }

  async function remove(name: string): Promise<void> {
    await sluice.http.steer('delete', 'default', name, {});
    await sluice.untilGone(name);
  }

  async function listenAt(port: number): Promise<void> {
    for (const [name, address] of Object.entries(nodes)) await listeners.at(address, port, name);
  }

  it('makes one of type NodePort, and answers with the nodes that are ready', async () => {
    await user.create(WORKLOAD);
    const before = await user.versionOf('service', 'e2e-web');
    await apply('ports', 'NodePort');
    const nodePort = Number(
      await until(async () => (await user.field('service', 'ports-edge', '.spec.ports[0].nodePort')) || undefined, {
        what: 'a node port',
      }),
    );
    expect((await user.get('service', 'ports-edge'))?.['spec']).toMatchObject({
      type: 'NodePort',
      selector: { app: 'e2e-web' },
      ports: [{ port: PORT, targetPort: 8_080 }],
    });
    await listenAt(nodePort);
    const { backends } = await untilReady('ports');
    expect(backends).toMatchObject([{ addresses: Object.values(nodes), port: nodePort }]);
    await untilAnswered(Object.values(nodes));

    await user.writeStatus('node', 'e2e-node-a', ready(false));
    await untilAnswered([nodes['e2e-node-b']]);
    expect((await sluice.status('ports')).state).toBe('Ready');
    await user.writeStatus('node', 'e2e-node-a', ready(true));
    await untilAnswered(Object.values(nodes));

    await remove('ports');
    expect(await user.get('service', 'ports-edge')).toBeUndefined();
    expect(await user.versionOf('service', 'e2e-web')).toBe(before);
  });

  it('uses one of type NodePort as it is, and never writes it', async () => {
    const ports = [{ port: PORT, nodePort: 30_571 }];
    await listenAt(30_571);
    await user.create(service('e2e-web', { type: 'NodePort', selector: { app: 'e2e-web' }, ports }));
    const before = await user.versionOf('service', 'e2e-web');
    await apply('as-it-is', undefined);
    const { rollout } = await untilReady('as-it-is');
    expect(rollout?.steps.map(({ step }) => step.kind)).toEqual(['applyLeaves', 'awaitReady', 'setWeight']);
    await untilAnswered(Object.values(nodes));
    const through = { address: nodes['e2e-node-a'], port: 30_571, host: host() };
    expect(await countThrough(through, 10)).toEqual({ 'e2e-node-a': 10 });
    await remove('as-it-is');
    expect(await user.versionOf('service', 'e2e-web')).toBe(before);
  });

  // No cloud here: its controller is the test, which writes the status of the Service.
  it('makes one of type LoadBalancer, resolves its hostname again and again, and gives it no more than its share', async () => {
    const [first, second, third] = [otherAddress(east, 4), otherAddress(east, 5), otherAddress(east, 6)];
    const ofWest = otherAddress(west, 4);
    for (const address of [first, second, third, ofWest]) await listeners.at(address, PORT, 'load balancer');
    const westUser = new User('west');
    await Promise.all([user.create(WORKLOAD), westUser.create(WORKLOAD)]);
    await apply('lb', 'LoadBalancer', [backend, { ...backend, name: 'v2', cluster: 'west' }]);
    const { message } = await sluice.untilStatus('lb', 'no address', ({ backends }) => {
      return backends.every(({ reason }) => reason === 'NoAddress');
    });
    expect(message).toMatch(/no controller of the default load balancer class has written one to its status/);

    names.say('lb.example.test', [first, second]);
    await user.writeStatus('service', 'lb-edge', { loadBalancer: { ingress: [{ hostname: 'lb.example.test' }] } });
    await westUser.writeStatus('service', 'lb-edge', { loadBalancer: { ingress: [{ ip: ofWest }] } });
    const { backends } = await untilReady('lb');
    expect(backends).toMatchObject([
      { addresses: [first, second].sort(), port: PORT, shareInForce: 5_000 },
      { addresses: [ofWest], port: PORT, shareInForce: 5_000 },
    ]);
    const counts = await sluice.dig.count(host(), 1_000);
    expect(Math.abs((counts[ofWest] ?? 0) - 500), JSON.stringify(counts)).toBeLessThanOrEqual(2);

    // Whoever follows begins anew when a rollout is over, and so looks the name up once more: the second change tells.
    for (const address of [third, first]) {
      names.say('lb.example.test', [address]);
      await until(async () => ((await sluice.dig.count(host(), 20))[address] ?? 0) > 0 || undefined, {
        what: `the new address ${address}`,
      });
      await sluice.untilStatus('lb', address, (status) => status.backends[0]?.addresses.join() === address);
    }
    await remove('lb');
    expect(await user.get('service', 'lb-edge')).toBeUndefined();
  });
});
