import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Leaf } from '../../../src/spec/types.ts';
import { SOON } from '../../support/until.ts';
import { User } from '../../support/user.ts';
import { anIntent, aRef, backend, Parts, refusal } from './parts.ts';

const user = new User('east');
const nodePort = 30_056;
const nodes = { 'leaf-node-a': '127.0.56.5', 'leaf-node-b': '127.0.56.6' };
const of = {
  ...backend,
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'leaf-workload', port: 80 } }],
} as const;
const own = { owned: false, leaf: { kind: 'Service' }, ref: aRef('Service', 'leaf-workload'), of } as const;

function service(name: string, spec: object): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec };
}

function node([name, address]: readonly [string, string], isReady = true): object {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', reason: 'Test', message: '' }];
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    status: { addresses: [{ type: 'InternalIP', address }], conditions },
  };
}

let parts: Parts;
let servers: Server[];
beforeEach(async () => {
  parts = new Parts();
  servers = Object.values(nodes).map((address) =>
    createServer((_, response) => response.end()).listen(nodePort, address),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  await user.create(...Object.entries(nodes).map((each) => node(each)));
  await Promise.all(Object.entries(nodes).map((each) => setReady(each, true)));
});
afterEach(async () => {
  parts[Symbol.dispose]();
  for (const server of servers) server.close();
  await user.remove('node', ...Object.keys(nodes));
  await user.remove('service', 'leaf-workload', 'leaf-test-edge');
});

async function setReady([name, address]: readonly [string, string], isReady: boolean): Promise<void> {
  const { status } = node([name, address], isReady) as { status: object }; // as made above
  await user.writeStatus('node', name, status);
}

describe('a Service of type NodePort that is used as it is', () => {
  it('is reached at all nodes that are ready, and is never written', async () => {
    const ports = [{ port: 80, nodePort }];
    await user.create(service('leaf-workload', { type: 'NodePort', selector: { app: 'leaf' }, ports }));
    const before = await user.versionOf('service', 'leaf-workload');
    const told = parts.follow(own);
    expect(await told.until('ready')).toMatchObject({ addresses: Object.values(nodes), port: nodePort });

    await setReady(['leaf-node-a', nodes['leaf-node-a']], false);
    await expect.poll(() => told.all.at(-1), SOON).toMatchObject({ kind: 'ready', addresses: [nodes['leaf-node-b']] });
    await setReady(['leaf-node-b', nodes['leaf-node-b']], false);
    await told.until('notReady NoReadyNode');
    await setReady(['leaf-node-a', nodes['leaf-node-a']], true);
    expect(await told.until('ready')).toMatchObject({ addresses: [nodes['leaf-node-a']] });

    await parts.remove(own.ref);
    expect(await user.versionOf('service', 'leaf-workload')).toBe(before);
  });
});

describe('a Service that is made for the workload', () => {
  const leaf: Leaf = { kind: 'Service', type: 'NodePort' };
  const ref = aRef('Service', 'leaf-test-edge');
  const backends = [{ backend: of, share: 10_000 }];
  const workload = (selector: object) =>
    service('leaf-workload', { selector, ports: [{ port: 80, targetPort: 8080 }] });

  it('needs the workload’s own, and follows its selector', async () => {
    expect(await refusal(parts.apply({ ref, leaf, backends }))).toMatchObject({
      reason: 'ServiceNotFound',
      retryable: true,
    });
    await user.create(workload({ app: 'leaf' }));
    await parts.apply({ ref, leaf, backends });
    expect((await user.get('service', 'leaf-test-edge'))?.['spec']).toMatchObject({
      type: 'NodePort',
      selector: { app: 'leaf' },
    });

    const drift = parts.followDrift(anIntent({ ref, leaf, backends }));
    await drift.until('none');
    await user.create(workload({ app: 'other' }));
    expect(await drift.until('.spec.selector.app')).toMatchObject([{ wanted: 'other', found: 'leaf' }]);
    await parts.apply({ ref, leaf, backends });
    await drift.until('none');
    await parts.remove(ref);
    expect(await user.get('service', 'leaf-test-edge')).toBeUndefined();
  });
});
