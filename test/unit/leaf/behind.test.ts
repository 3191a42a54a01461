import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createClusterRegistry } from '../../../src/lib/kubernetes/cluster-registry.ts';
import { createLog } from '../../../src/lib/log.ts';
import type { Readiness } from '../../../src/planes/leaf/leaf.ts';
import { createLeafPlane } from '../../../src/planes/leaf/leaf-plane.ts';
import { until } from '../../support/until.ts';
import {
  answerJson,
  isWatch,
  MisbehavingApiServer,
  openWatch,
  writeEvent,
} from '../kubernetes/misbehaving-api-server.ts';
import { aTarget } from './builders.ts';
import { LEAVES } from './kinds/builders.ts';
import { aGateway, anEntry, aRoute } from './kinds/http-route-objects.ts';

const log = createLog({ level: 'silent', name: 'test' });
const labels = { 'app.kubernetes.io/managed-by': 'sluice' };
const annotations = { 'sluice.dev/owner': 'default/shop' };

function list(kind: string, ...items: readonly object[]): object {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind, metadata: { resourceVersion: '11' }, items };
}

/** Longer than anything else that is momentary is overlooked (grace.ts). */
const LONGER_THAN_GRACE_MS = 3_500;

it('a route that its controller is behind with is served as before, for as long as that takes', async () => {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = await new MisbehavingApiServer().start();
  const ending = new AbortController();
  const told: Readiness[] = [];
  const base = aRoute(anEntry());
  const apiVersion = 'gateway.networking.k8s.io/v1';
  const route = { ...base, apiVersion, metadata: { ...base.metadata, labels, annotations } };
  const related = aGateway({ addresses: [{ type: 'IPAddress', value: '127.0.0.1' }] });
  const gateway = related.kind === 'object' && related.sighting.kind === 'object' ? related.sighting.object : {};
  let routes: ServerResponse | undefined;
  api.handler = (request, response) => {
    const isRoute = request.url?.includes('/httproutes') === true;
    if (!isWatch(request))
      return answerJson(response, isRoute ? list('HTTPRouteList', route) : list('GatewayList', gateway));
    openWatch(response);
    if (isRoute) routes = response;
  };
  const registry = createClusterRegistry({ log });
  const config = api.config();
  const { port } = server.address() as AddressInfo; // it listens on TCP
  registry.set('config', [{ ...config, gateway: { ...config.gateway, httpPort: port, cidrs: ['127.0.0.0/8'] } }]);
  const plane = createLeafPlane({ registry, log });
  const ref = { kind: 'HTTPRoute', cluster: 'east', namespace: 'default', name: 'shop' } as const;
  const target = aTarget({ ref, leaf: LEAVES.existing });
  const following = plane.follow(target, (one) => told.push(one), ending.signal);
  try {
    const seen = (what: string) =>
      until(() => (told.at(-1)?.kind === 'ready' ? true : undefined), { what, timeoutMs: 8_000 });
    await seen('ready').catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(told)} ${api.requests.join()}`);
    });
    const watched = await until(() => routes, { what: 'a watch', timeoutMs: 5_000 });
    const next = { ...route, metadata: { ...route.metadata, generation: 4, resourceVersion: '12' } };
    writeEvent(watched, 'MODIFIED', next);
    const doubted = () => {
      const last = told.at(-1);
      return last?.kind === 'ready' ? last.message : undefined;
    };
    expect(await until(doubted, { what: 'that it is behind is said', timeoutMs: 8_000 })).toContain(
      'generation 4 is wanted, 3 is in',
    );
    const began = performance.now();
    await until(() => (performance.now() - began > LONGER_THAN_GRACE_MS ? true : undefined), { what: 'patience' });
    expect(told.map(({ kind }) => kind)).not.toContain('notReady');
  } finally {
    ending.abort();
    await following;
    await api.stop();
    server.close();
  }
});
