import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Leaf } from '../../../src/spec/types.ts';
import { getThrough } from '../../support/playground.ts';
import { SOON } from '../../support/until.ts';
import { User } from '../../support/user.ts';
import { aRef, backend, east, host, Parts, refusal } from './parts.ts';

const user = new User('east');
const ref = aRef('HTTPRoute');
const leaf: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'existing', namespace: 'gateways', name: 'public' } };
const v2 = {
  ...backend,
  name: 'v2',
  routes: [{ path: '/', pathType: 'Prefix', service: { name: 'shop-v2', port: 8002 } }],
} as const;

let parts: Parts;
beforeEach(() => {
  parts = new Parts();
});
afterEach(async () => {
  parts[Symbol.dispose]();
  await user.remove('httproute', 'leaf-test');
});

describe('an HTTPRoute behind the Gateway of Contour', () => {
  it('is ready when Gateway, route and probe say so, at the address of the Gateway', async () => {
    const told = parts.follow({ ref, leaf });
    await told.until('notReady NotFound');
    await parts.apply({ ref, leaf });
    await parts.plane.observed(ref, parts.ending.signal);
    expect(await told.until('ready')).toMatchObject({ addresses: [east.address] });
  });

  it('is not ready when the Gateway does not exist', async () => {
    const nowhere: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'nowhere' } };
    await parts.apply({ ref, leaf: nowhere });
    const verdict = await parts.follow({ ref, leaf: nowhere }).until('notReady GatewayNotFound');
    expect(verdict).toMatchObject({ message: expect.stringContaining('Gateway default/nowhere in cluster east') });
  });

  it('splits by shares, and each of its backends is probed by name while its share is 0', async () => {
    const backends = (share: number) => [
      { backend, share: 10_000 - share },
      { backend: v2, share },
    ];
    await parts.apply({ ref, leaf, backends: backends(0) });
    const told = [backend, v2].map((of) => parts.follow({ ref, leaf, of, shared: true }));
    await Promise.all(told.map((each) => each.until('ready')));
    const followed = told.map((each) => each.all.length);
    const answers = async (): Promise<string> => {
      const url = `http://${east.address}:${east.httpPort}/`;
      return [...new Set(await Promise.all(Array.from({ length: 20 }, () => getThrough(url, host))))].join();
    };
    const before = await answers();
    await parts.apply({ ref, leaf, backends: backends(10_000) });
    await parts.plane.observed(ref, parts.ending.signal);
    await expect.poll(answers, SOON).not.toContain(before);
    const since = told.flatMap((each, index) => each.words.slice(followed[index]));
    expect(since.filter((word) => word !== 'ready')).toEqual([]);
  });
});

describe('an HTTPRoute with a Gateway of its own', () => {
  const own: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'own', className: 'public' } };

  it('is ready when that is served, by the class that the cluster has for it', async () => {
    const gateway = aRef('Gateway');
    await parts.apply({ ref: gateway, leaf: own });
    await parts.apply({ ref, leaf: own });
    try {
      expect((await user.get('gateway', 'leaf-test'))?.['spec']).toMatchObject({ gatewayClassName: 'contour' });
      const told = parts.follow({ ref, leaf: own });
      await told.until('notReady GatewayNotObserved');
      expect(await refusal(parts.plane.observed(gateway, parts.ending.signal))).toMatchObject({
        reason: 'NotObserved',
      });
      await east.startGateway({ namespace: 'default', name: 'leaf-test' });
      expect(await told.until('ready')).toMatchObject({ addresses: [east.ownGatewayAddress] });
      await parts.plane.observed(gateway, parts.ending.signal);
    } finally {
      await east.stopGateway();
      await parts.remove(gateway);
    }
  });
});

describe('a Gateway that changes its address', () => {
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { namespace: 'default', name: 'leaf-gateway' },
  };
  const spec = { gatewayClassName: 'nobody', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] };
  const byHand: Leaf = { kind: 'HTTPRoute', gateway: { kind: 'existing', name: 'leaf-gateway' } };
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: type,
    message: '',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  const at = (...addresses: string[]) => ({
    addresses: addresses.map((value) => ({ type: 'IPAddress', value })),
    conditions: [condition('Accepted'), condition('Programmed')],
    listeners: [
      {
        name: 'http',
        attachedRoutes: 1,
        supportedKinds: [],
        conditions: [condition('Accepted'), condition('Programmed')],
      },
    ],
  });
  const parentRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'leaf-gateway' };
  const parents = [
    { controllerName: 'example.test/hand', parentRef, conditions: [condition('Accepted'), condition('ResolvedRefs')] },
  ];
  const addresses = ['127.0.56.3', '127.0.56.4'] as const;
  let servers: Server[];

  beforeEach(async () => {
    servers = addresses.map((address) => createServer((_, response) => response.end()).listen(east.httpPort, address));
    await Promise.all(servers.map((server) => once(server, 'listening')));
    await user.create({ ...gateway, spec });
  });
  afterEach(async () => {
    for (const server of servers) server.close();
    await user.remove('gateway', 'leaf-gateway');
  });

  it('is told within a second of the watch event, as soon as the new address has passed its probe', async () => {
    await parts.apply({ ref, leaf: byHand });
    const told = parts.follow({ ref, leaf: byHand });
    await told.until('notReady GatewayNotObserved');
    await user.writeStatus('gateway', 'leaf-gateway', at(addresses[0]));
    await told.until('notReady RouteNotObserved');
    await user.writeStatus('httproute', 'leaf-test', { parents });
    expect(await told.until('ready')).toMatchObject({ addresses: [addresses[0]] });

    await user.writeStatus('gateway', 'leaf-gateway', at(addresses[1]));
    const changed = performance.now();
    await expect
      .poll(() => told.all.at(-1), { timeout: 5_000, interval: 5 })
      .toMatchObject({ addresses: [addresses[1]] });
    expect(told.at - changed).toBeLessThan(1_000);

    // A controller that restarts leaves the status empty for a moment.
    const words = told.words.length;
    await user.writeStatus('gateway', 'leaf-gateway', { addresses: null });
    await user.writeStatus('gateway', 'leaf-gateway', at(addresses[1]));
    await user.edit('httproute', 'leaf-test', { metadata: { annotations: { 'sluice.dev/owner': 'a/b' } } });
    await told.until('notReady NotOurs');
    expect(told.words.slice(words).filter((word) => word !== 'ready')).toEqual(['notReady NotOurs']);
  });
});
